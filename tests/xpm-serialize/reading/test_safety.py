"""A definition is input: nothing in it is believed."""

from __future__ import annotations

import copy
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any, Generic, Literal, Optional, TypeVar, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serialized.models import Corpus, Layer, Model

from xpm_config import Config, Meta, Param, field, tag
from xpm_serialize import (
    ClassNotFoundError,
    DefinitionFileError,
    SerializationContext,
    SerializationError,
    UnsafePathError,
    VersionError,
    check_folder,
    from_state_dict,
    from_task_dir,
    load,
    load_task,
    load_xp_info,
    save,
    state_dict,
)

T = TypeVar("T")

#: How many examples the tests with invented definitions try.
EXAMPLES = int(os.environ.get("XPM_EXAMPLES", "400"))


def layer_state(**changes: Any) -> dict[str, Any]:
    state = json.loads(json.dumps(state_dict(SerializationContext(), Layer.C(size=1))))
    state["objects"][0].update(changes)
    return dict(state)


def fields(**values: Any) -> dict[str, Any]:
    return {"fields": {"size": 1, **values}}


def refused(state: Any, error: type[Exception] = DefinitionFileError) -> str:
    """The message with which a state is refused, as configurations and as instances."""
    messages = []
    for as_instance in (False, True):
        with pytest.raises(error) as caught:
            from_state_dict(copy.deepcopy(state), as_instance=as_instance)
        messages.append(str(caught.value))
    return messages[0]


# --- classes


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        ("no.such.module", "A", "there is no module 'no.such.module'"),
        ("nosuchmodule", "A", "there is no module 'nosuchmodule'"),
        ("serialized.models", "Nothing", "has no class 'Nothing'"),
        ("serialized.models", "NotAConfig", "is not a configuration class"),
        ("serialized.models", "Activation", "is not a configuration class"),
        ("serialized.models", "LOG", "is not a configuration class"),
        ("serialized.models", "Layer.C", "has no class 'Layer.C'"),
        ("serialized.models", "Layer.__init__.__globals__", "has no class"),
        ("serialized.models", "Config", "is defined elsewhere, in 'xpm_config"),
        ("serialized.models", "Path", "is not a configuration class"),
        ("serialized.models", "", "has no class ''"),
        ("serialized.models", "Layer.", "has no class"),
        ("antigravity", "A", "declares no class 'A'"),
        ("this", "A", "declares no class 'A'"),
        ("os", "system", "is not a configuration class"),
        ("../../etc/passwd", "A", "there is no module"),
        ("serialized..models", "Layer", "there is no module"),
        ("", "Layer", "there is no module ''"),
        (".models", "Layer", "there is no module"),
    ],
)
def test_classes(module: str, name: str, message: str) -> None:
    found = refused(layer_state(module=module, type=name), ClassNotFoundError)
    assert message in found
    assert f"state: object 1 ({module}.{name})" in found
    assert "this" not in sys.modules
    assert "antigravity" not in sys.modules


def test_a_module_is_not_imported_for_a_class_it_does_not_declare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "apkg"
    package.mkdir()
    for path in (package / "__init__.py", package / "inner.py"):
        path.write_text("raise RuntimeError('executed')\n# class Thing\nclass Other: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("apkg", "apkg.inner"):
        refused(layer_state(module=name, type="Thing"), ClassNotFoundError)
        assert name not in sys.modules


def test_a_module_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_module.py").write_text("class Thing: pass\nraise RuntimeError('reason')")
    monkeypatch.syspath_prepend(tmp_path)
    message = refused(layer_state(module="broken_module", type="Thing"), ClassNotFoundError)
    assert "cannot be imported: RuntimeError: reason" in message


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"enum": "Nothing"}, "has no class 'Nothing'"),
        ({"enum": "Layer"}, "is not an enumeration"),
        ({"value": "NONE"}, "has no member 'NONE' (it has: RELU, GELU)"),
        ({"value": "RELU|GELU"}, "has no member 'RELU|GELU'"),
        ({"value": ""}, "has no member ''"),
        ({"value": 1}, "expected an enumeration's member"),
        ({"module": "os"}, "has no class 'Activation'"),
    ],
)
def test_enumerations(form: dict[str, Any], message: str) -> None:
    value = {"type": "enum", "module": "serialized.models", "enum": "Activation", "value": "RELU"}
    state = layer_state(**fields(activation={**value, **form}))
    assert message in refused(state, SerializationError)


# --- values


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"type": "python"}, "refers to object None, which is not there"),
        ({"type": "python", "value": 7}, "refers to object 7, which is not there"),
        ({"type": "python", "value": "1"}, "refers to object '1'"),
        ({"type": "python", "value": [1]}, "refers to object [1]"),
        ({"type": "python", "value": True}, "refers to object True"),
        ({"type": "unheard of"}, "the type 'unheard of' is not known (known: bytes, dict,"),
        ({"type": ["a"]}, "the type ['a'] is not known"),
        ({"type": "set"}, "expected items"),
        ({"type": "set", "items": [[1]]}, "a set holds what cannot be in one"),
        ({"type": "dict", "items": [1]}, "expected pairs"),
        ({"type": "dict", "items": [[[], 1]]}, "expected pairs"),
        ({"type": "int", "value": "z"}, "expected a hexadecimal number"),
        ({"type": "int", "value": 3}, "expected a hexadecimal number"),
        ({"type": "float", "value": "much"}, "expected a number"),
        ({"type": "bytes", "value": "*"}, "expected base64"),
        ({"type": "path", "value": 3}, "expected a path"),
        ({"type": "path", "value": "a\0b"}, "expected a path"),
        ({"type": "path", "value": "a", "base": "job"}, "relative to 'job', which is not known"),
        ({"type": "path", "value": "a", "base": []}, "which is not known"),
    ],
)
def test_values(value: Any, message: str) -> None:
    found = refused(layer_state(**fields(activation=value)))
    assert message in found
    assert "state: object 1 (serialized.models.Layer)" in found
    if "object 1" not in json.dumps(value):
        state = layer_state()
        state["data"] = [value]
        refused(state)


class Part(Config):
    pass


class Number(Config, Generic[T]):
    value: Param[T]


class Checked(Config):
    """One argument of each kind of type."""

    number: Param[int] = field(default=1)
    rate: Param[Optional[float]] = field(default=None)
    text: Param[str] = field(default="")
    either: Param[Union[int, str]] = field(default=1)
    level: Param[Literal["low", "high"]] = field(default="low")
    sizes: Param[list[int]] = field(default=[])
    table: Param[dict[int, list[float]]] = field(default={})
    pair: Param[Optional[tuple[int, str]]] = field(default=None)
    where: Meta[Optional[Path]] = field(default=None)
    part: Param[Optional[Part]] = field(default=None)
    parts: Param[list[Part]] = field(default=[])
    named: Param[dict[str, Union[Part, int]]] = field(default={})
    box: Param[Optional[Number[Part]]] = field(default=None)


def checked_state(**values: Any) -> dict[str, Any]:
    """A state with given fields; object 1 is a layer, which is no `Part`."""
    both = [Layer.C(size=1), Checked.C()]
    state = json.loads(json.dumps(state_dict(SerializationContext(), both)))
    state["objects"][1]["fields"].update(values)
    return dict(state)


LAYER = {"type": "python", "value": 1}


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("number", "many", ": expected int"),
        ("number", None, ": expected int"),
        ("number", LAYER, ": expected int"),
        ("rate", [], ": expected float or None"),
        ("text", 3, ": expected str"),
        ("either", 1.5, ": expected int | str"),
        ("level", "middle", ": expected one of 'low', 'high'"),
        ("sizes", 3, ": expected list[int]"),
        ("sizes", {"type": "tuple", "items": [1]}, ": expected list[int]"),
        ("sizes", [1, "x"], "[1]: expected int"),
        ("table", {"1": [1, {}]}, "[1][1]: expected float"),
        ("table", {"a": []}, "[key 'a']: expected int"),
        ("pair", {"type": "tuple", "items": [1]}, ": expected tuple[int, str]"),
        ("where", 3, ": expected Path"),
        ("part", LAYER, " of type Part"),
        ("part", 3, " of type Part"),
        ("parts", [LAYER], " of type Part"),
        ("parts", LAYER, ": expected list[Part]"),
        ("named", {"a": LAYER}, ": expected Part | int"),
        ("box", LAYER, " of type Number"),
    ],
)
def test_values_are_checked_like_those_of_a_plan(name: str, value: Any, place: str) -> None:
    state = checked_state(**{name: value})
    for as_instance in (False, True):
        with pytest.raises(DefinitionFileError) as caught:
            from_state_dict(state, as_instance=as_instance)
        message = str(caught.value)
        assert f"state: object 2 ({Checked.__module__}.Checked)" in message
        assert f"Checked.{name}" in message
        assert place in message, message


def test_values_are_converted_like_those_of_a_plan() -> None:
    state = checked_state(number="5", rate=1, table={"1": [2]}, where="a/b", either="5")
    for as_instance in (False, True):
        _, found = from_state_dict(state, as_instance=as_instance)
        assert (found.number, found.rate, found.table) == (5, 1.0, {1: [2.0]})
        assert (found.where, found.either) == (Path("a/b"), "5")
        assert [type(item) for item in found.table[1]] == [float]


def test_values_that_fit_are_taken_wherever_they_are() -> None:
    part = Part.C()
    box: Any = Number
    whole = Checked.C(part=part, parts=[part], named={"a": part, "b": 1}, box=box.C(value=part))
    found = from_state_dict(state_dict(SerializationContext(), whole), as_instance=True)
    assert found.parts[0] is found.part is found.named["a"] is found.box.value
    assert type(found.part) is Part


@pytest.mark.parametrize("as_instance", [False, True])
def test_unknown_arguments(as_instance: bool) -> None:
    with pytest.raises(DefinitionFileError, match=r"no argument 'siize'.*did you mean 'size'"):
        from_state_dict(layer_state(**fields(siize=1)), as_instance=as_instance)


def test_missing_arguments() -> None:
    with pytest.raises(DefinitionFileError, match="the argument 'size' is missing"):
        from_state_dict(layer_state(fields={}), as_instance=True)


@pytest.mark.parametrize(
    "state",
    [
        None,
        [],
        3,
        {},
        {"objects": {}},
        {"objects": [], "version": "3"},
        {"objects": []},
        {"objects": [3], "data": 1},
        {"objects": [{}], "data": 1},
        {"objects": [{"id": "1", "module": "a", "type": "b", "fields": {}}], "data": 1},
        {"objects": [{"id": 1, "module": 1, "type": "b", "fields": {}}], "data": 1},
        {"objects": [{"id": 1, "module": "a", "type": "b", "fields": []}], "data": 1},
        {"objects": [{"id": 1, "module": "a", "type": "b"}], "data": 1},
    ],
)
def test_the_form_of_a_document(state: Any) -> None:
    refused(state)


@pytest.mark.parametrize(
    "changes",
    [
        {"task": 9},
        {"task": "x"},
        {"init-tasks": 3},
        {"init-tasks": [9]},
        {"init-tasks": ["x"]},
        {"meta": "yes"},
        {"tags": []},
        {"stop-tags": {}},
    ],
)
def test_the_form_of_a_record(changes: dict[str, Any]) -> None:
    with pytest.raises(DefinitionFileError):
        from_state_dict(layer_state(**changes))


def test_references_to_jobs_without_a_workspace() -> None:
    state = layer_state(job="jobs/a/b", at=[])
    del state["objects"][0]["fields"]
    assert "refers to the job folder jobs/a/b, which is not known here" in refused(state)


# --- files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected JSON"),
        (b'{"objects": [', "expected JSON"),
        (b"\xff\xfe\x00", "expected JSON"),
        (b"[]", "expected a JSON object with a list named"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"a":' * 1_000_000, "nested too deeply"),
        (b'{"objects": [], "data": 1' + b"0" * 5000 + b"}", "expected JSON"),
    ],
)
def test_files(tmp_path: Path, content: bytes, message: str) -> None:
    for name in ("experimaestro.json", "params.json"):
        (tmp_path / name).write_bytes(content)
    for read in (load, from_task_dir, check_folder, lambda p: load_task(p / "params.json")):
        with pytest.raises(DefinitionFileError, match=message) as error:
            read(tmp_path)
        assert str(tmp_path) in str(error.value)


def nested(depth: int) -> str:
    state = layer_state()
    state["data"] = "HERE"
    return json.dumps(state).replace('"HERE"', "[" * depth + "]" * depth)


@pytest.mark.parametrize("depth", [900, 5_000, 100_000])
def test_nested_data(tmp_path: Path, depth: int) -> None:
    (tmp_path / "experimaestro.json").write_text(nested(depth))
    with pytest.raises(DefinitionFileError, match="nested too deeply"):
        load(tmp_path)


def test_versions(tmp_path: Path) -> None:
    save(Layer.C(size=1), tmp_path)
    path = tmp_path / "experimaestro.json"
    path.write_text(path.read_text().replace('"version": 3', '"version": 99'))
    with pytest.raises(VersionError, match="written in version 99 of the format"):
        load(tmp_path)


@pytest.mark.parametrize(
    "value", ["../outside", "a/../../outside", "/etc/passwd", "..", "link", "link/passwd", "..\\x"]
)
def test_paths_stay_in_the_folder(tmp_path: Path, value: str) -> None:
    saved = tmp_path / "saved"
    (tmp_path / "text").write_text("text")
    save(Corpus.C(text=tmp_path / "text"), saved)
    (saved / "link").symlink_to("/etc")
    path = saved / "experimaestro.json"
    path.write_text(path.read_text().replace('"value": "text"', f'"value": {json.dumps(value)}'))
    for read in (load, check_folder, lambda p: load(p, as_instance=True)):
        with pytest.raises(UnsafePathError, match="leads out of the folder") as error:
            read(saved)
        assert str(path) in str(error.value)


@pytest.mark.parametrize("job", ["../../elsewhere", "/etc", "a/../../b"])
def test_jobs_stay_in_the_workspace(tmp_path: Path, job: str) -> None:
    (tmp_path / ".__experimaestro__").touch()
    folder = tmp_path / "jobs" / "a" / "b"
    folder.mkdir(parents=True)
    state = layer_state(job=job, at=[])
    del state["objects"][0]["fields"]
    (folder / "params.json").write_text(json.dumps(state))
    with pytest.raises(UnsafePathError):
        from_task_dir(folder)


def test_jobs_that_refer_to_each_other(tmp_path: Path) -> None:
    (tmp_path / ".__experimaestro__").touch()
    for name, other in (("a", "b"), ("b", "a")):
        folder = tmp_path / "jobs" / "x" / name
        folder.mkdir(parents=True)
        state = layer_state(job=f"jobs/x/{other}", at=[])
        del state["objects"][0]["fields"]
        (folder / "params.json").write_text(json.dumps(state))
    with pytest.raises(DefinitionFileError):
        from_task_dir(tmp_path / "jobs" / "x" / "a")


@pytest.mark.parametrize("at", [["layers"], ["nothing"], ["layers", 9], ["layers", "x"], [[]], 3])
def test_places_that_are_not_there(tmp_path: Path, at: Any) -> None:
    (tmp_path / ".__experimaestro__").touch()
    model = Model.C(layers=[Layer.C(size=1)])
    for name, state in (
        ("a", json.loads(json.dumps(state_dict(SerializationContext(), model)))),
        ("b", layer_state(job="jobs/x/a", at=at)),
    ):
        folder = tmp_path / "jobs" / "x" / name
        folder.mkdir(parents=True)
        if name == "b":
            del state["objects"][0]["fields"]
        (folder / "params.json").write_text(json.dumps(state))
    with pytest.raises(DefinitionFileError):
        from_task_dir(tmp_path / "jobs" / "x" / "b")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("jobs.jsonl", "3\n"),
        ("jobs.jsonl", "{}\n"),
        ("jobs.jsonl", "{\n"),
        ("objects.jsonl", "3\n"),
        ("objects.jsonl", "[]\n"),
        ("objects.jsonl", '{"id": 1}\n'),
        ("objects.jsonl", "[" * 100_000 + "\n"),
        ("status.json", "3"),
        ("status.json", '{"actions": []}'),
    ],
)
def test_files_of_a_run(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "objects.jsonl").touch()
    (tmp_path / name).write_text(content)
    with pytest.raises(DefinitionFileError) as error:
        load_xp_info(tmp_path)
    assert name in str(error.value)


UNNAMABLE = ["a\0b", "\ud800", "x" * 5000]


@pytest.mark.parametrize("name", UNNAMABLE)
@pytest.mark.parametrize("as_instance", [False, True])
def test_names_that_no_file_has(tmp_path: Path, name: str, as_instance: bool) -> None:
    job = tmp_path / "ws" / "jobs" / "t" / "x"
    job.mkdir(parents=True)
    (tmp_path / "ws" / ".__experimaestro__").touch()
    held = {"id": 1, "module": "serialized.models", "type": "Learn", "job": name, "at": []}
    task = layer_state()["objects"][0] | {"id": 2, "type": "Evaluate"}
    task["fields"] = {"model": None, "learn": {"type": "python", "value": 1}}
    document = {"version": 3, "workspace": name, "objects": [held, task]}
    (job / "params.json").write_text(json.dumps(document))
    with pytest.raises(DefinitionFileError, match=r"params\.json"):
        load_task(job / "params.json", as_instance=as_instance)
    value = {"type": "path.serialized", "value": name, "is_folder": False}
    state = layer_state(type="Corpus", fields={"text": value})
    (tmp_path / "experimaestro.json").write_text(json.dumps(state))
    with pytest.raises(DefinitionFileError, match=r"experimaestro\.json"):
        check_folder(tmp_path)


def test_sets_of_what_cannot_be_in_one() -> None:
    wrong = {"type": "set", "items": [{"type": "python", "value": [1]}]}
    assert "refers to object [1]" in refused(layer_state(**fields(activation=wrong)))
    # Nor can what is not complete be identified.
    records = [layer_state(fields={})["objects"][0], layer_state()["objects"][0] | {"id": 2}]
    records[1] |= {"type": "Bag", "fields": {}}
    records[1]["fields"]["items"] = {"type": "set", "items": [{"type": "python", "value": 1}]}
    refused({"objects": records, "data": {"type": "python", "value": 2}})


def test_a_reference_to_a_job_that_has_fields_of_a_wrong_form() -> None:
    assert "expected an object with" in refused(layer_state(job="jobs/a/b", fields=True))


def test_an_identifier_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "objects.jsonl").write_text(
        json.dumps({**layer_state()["objects"][0], "identifier": ["x"]}) + "\n"
    )
    assert load_xp_info(tmp_path).jobs == {}


# --- anything at all

_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["python", "path", "path.serialized", "set", "tuple", "dict", "enum", "size", "..", "a/b"]
    ),
    st.sampled_from(["serialized.models", "Layer", "Model", "Activation", "RELU", "os", "job"]),
)
_names = st.sampled_from(
    [
        "type",
        "value",
        "items",
        "id",
        "module",
        "fields",
        "task",
        "init-tasks",
        "job",
        "at",
        "tags",
        "meta",
        "file",
        "base",
        "enum",
        "stub",
        "stop-tags",
        "identifier",
        "layers",
        "size",
    ]
)
_json = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(_names | st.text(max_size=3), inner, max_size=5),
    ),
    max_leaves=12,
)


def sample_state() -> dict[str, Any]:
    layer = Layer.C(size=tag(3))
    model = Model.C(layers=[layer, Layer.C(size=4)], named={"a": layer})
    return dict(json.loads(json.dumps(state_dict(SerializationContext(), [model, layer]))))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """All places in a JSON value."""
    found = [path]
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*path, index))
    return found


def only_documented_errors(state: Any) -> None:
    for options in ({}, {"as_instance": True}, {"partial_loading": True}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                from_state_dict(copy.deepcopy(state), "/nowhere", files=False, **options)
            except SerializationError:
                continue


PLACES = places(sample_state())


@settings(max_examples=EXAMPLES, deadline=None, print_blob=True)
@given(st.sampled_from(PLACES), _json, st.booleans())
def test_one_thing_changed(place: tuple[Any, ...], value: Any, remove: bool) -> None:
    state: Any = sample_state()
    if not place:
        only_documented_errors(value)
        return
    holder = state
    for step in place[:-1]:
        holder = holder[step]
    if remove:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    only_documented_errors(state)


@settings(max_examples=EXAMPLES // 2, deadline=None, print_blob=True)
@given(st.lists(st.dictionaries(_names, _json, max_size=8), max_size=4), _json)
def test_anything(records: list[Any], data: Any) -> None:
    for number, record in enumerate(records, 1):
        record.setdefault("module", "serialized.models")
        record.setdefault("type", "Layer")
        record["id"] = number
        record.setdefault("fields", {})
    only_documented_errors({"objects": records, "data": data})
