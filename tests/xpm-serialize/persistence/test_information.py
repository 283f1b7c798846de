"""Saving and loading by what configurations carry along: `__xpm__` and `__xpm_serialize__`."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from serialized.models import EXECUTED, Corpus, Layer, Learn, Model, Seed
from serialized.tasks import submit

import xpm_serialize
from xpm_config import (
    Config,
    ConfigInformation,
    DataPath,
    OptionalDataPath,
    Param,
    deprecate,
    field,
)
from xpm_serialize import (
    DefinitionFileError,
    SerializationContext,
    SerializedPath,
    TaskStub,
    from_state_dict,
    load,
    load_configs,
    load_job,
    load_xp_info,
    save,
    serialize,
    state_dict,
)


class Weights(Config):
    """Adds to what it saves by default."""

    path: DataPath
    extra: OptionalDataPath = field(default=None)
    size: Param[int] = field(default=1)

    def __xpm_serialize__(self, context: SerializationContext) -> dict[str, Any]:
        return {**super().__xpm_serialize__(context), "size": self.size + 1}


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("some text")
    return path


def test_an_override_calls_the_default(tmp_path: Path, text: Path) -> None:
    save({"a": Weights.C(path=text)}, tmp_path / "saved")
    loaded = load(tmp_path / "saved")["a"]
    assert loaded.path == tmp_path / "saved" / "a" / "path"
    assert (loaded.extra, loaded.size) == (None, 2)


def test_the_default_gives_data_paths_alone(tmp_path: Path, text: Path) -> None:
    context = SerializationContext(save_directory=tmp_path / "saved")
    (tmp_path / "saved").mkdir()
    context.var_path = ["a"]
    given = Corpus.C(text=text).__xpm_serialize__(context)
    assert given == {"text": SerializedPath("a/text", False)}


def test_a_configuration_saves_itself(tmp_path: Path, text: Path) -> None:
    Corpus.C(text=text, name="x").__xpm__.serialize(tmp_path / "saved")
    loaded = ConfigInformation.deserialize(tmp_path / "saved")
    assert loaded == load(tmp_path / "saved")
    assert loaded.text.read_text() == "some text"
    assert type(ConfigInformation.deserialize(tmp_path / "saved", as_instance=True)) is Corpus


def test_it_is_found_without_importing_more(tmp_path: Path) -> None:
    script = tmp_path / "lone.py"
    script.write_text(
        "import sys\n"
        "from xpm_config import Config, Param\n"
        "class A(Config):\n"
        "    x: Param[int]\n"
        "a = A.C(x=3)\n"
        "assert 'xpm_serialize' not in sys.modules\n"
        "a.__xpm__.serialize('saved')\n"
        "print(type(a.__xpm__).deserialize('saved').x)\n"
    )
    run = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.returncode) == ("3\n", 0), run.stderr


def test_a_function_is_asked_for_all_that_is_needed(tmp_path: Path, text: Path) -> None:
    save(Corpus.C(text=text), tmp_path / "saved", "mine.json")
    asked: list[Any] = []

    def loader(wanted: Any) -> Path:
        asked.append(wanted)
        path = wanted.path if isinstance(wanted, SerializedPath) else wanted
        return tmp_path / "saved" / path

    loaded = ConfigInformation.deserialize(loader, definition_filename="mine.json")
    assert loaded.text.read_text() == "some text"
    assert asked == ["mine.json", SerializedPath("text", False)]


def test_init_tasks_are_executed_for_an_instance_alone(tmp_path: Path) -> None:
    EXECUTED.clear()
    serialize(Layer.C(size=1), tmp_path / "saved", init_tasks=[Seed.C(value=7)])
    assert ConfigInformation.deserialize(tmp_path / "saved") == Layer.C(size=1)
    assert EXECUTED == []
    assert ConfigInformation.deserialize(tmp_path / "saved", as_instance=True).size == 1
    assert EXECUTED == [7]


def test_objects_of_records() -> None:
    records = state_dict(SerializationContext(), Model.C(layers=[Layer.C(size=4)]))["objects"]
    configurations = ConfigInformation.load_objects(records, as_instance=False)
    assert list(configurations) == [record["id"] for record in records]
    layer, model = configurations.values()
    assert model.layers == [layer]
    instances = ConfigInformation.load_objects(records)
    assert [type(value) for value in instances.values()] == [Layer, Model]


def test_records_alone_are_a_definition(tmp_path: Path) -> None:
    """What `__xpm__.serialize` of release 2.7 wrote: the last record is the configuration."""
    state = state_dict(SerializationContext(), Model.C(layers=[Layer.C(size=4)]))
    (tmp_path / "experimaestro.json").write_text(json.dumps(state["objects"]))
    for loaded in (ConfigInformation.deserialize(tmp_path), load(tmp_path)):
        assert loaded == Model.C(layers=[Layer.C(size=4)])


def test_a_stub_stands_for_a_task(tmp_path: Path) -> None:
    stub = TaskStub("ab" * 32, "package.module.Learn")
    assert (stub.identifier, stub.typename) == ("ab" * 32, "package.module.Learn")
    assert stub.__xpm__.identifier.all == bytes.fromhex("ab" * 32)
    nested = TaskStub("ab" * 32, "package.module.Outer.Learn", "package.module")
    assert nested.qualname == "Outer.Learn"
    assert nested.__xpm__.xpmtype.full_name == "package.module.Outer.Learn"
    for identifier, name in (("ab", "m.Learn"), ("ab" * 32, "Learn")):
        with pytest.raises(ValueError, match="expected"):
            TaskStub(identifier, name)


def test_the_task_of_a_job_and_its_document(tmp_path: Path) -> None:
    learn = submit(Learn.C(model=Model.C(layers=[Layer.C(size=1)])), tmp_path)
    params = learn.__xpm__.job.path / "params.json"
    document, task = load_job(params, discard_id=False)
    assert document["objects"][-1]["type"] == "Learn"
    assert str(task.__identifier__()) == params.parent.name
    # Identified anew, as after a change of its class
    document["objects"][-1]["identifier"] = "ab" * 32
    params.write_text(json.dumps(document))
    assert str(load_job(params, discard_id=False)[1].__identifier__()) == "ab" * 32
    assert str(load_job(str(params))[1].__identifier__()) == params.parent.name


class Old(Config):
    """Has had an argument `number`, which is now the first of `numbers`."""

    numbers: Param[list[int]]

    @deprecate
    def number(self, value: int) -> None:
        self.numbers = [value]


@pytest.mark.parametrize("as_instance", [False, True])
def test_arguments_that_were_replaced(as_instance: bool) -> None:
    state = json.loads(json.dumps(state_dict(SerializationContext(), Old.C(numbers=[1]))))
    state["objects"][0]["fields"] = {"number": 7}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert from_state_dict(state, as_instance=as_instance).numbers == [7]


def run_with_configs(folder: Path, data: Any) -> Path:
    """A run's folder as early releases of 2.x left it."""
    state = state_dict(SerializationContext(), {"ab": Layer.C(size=4), "cd": Seed.C(value=1)})
    (folder / "configs.json").write_text(
        json.dumps({"objects": state["objects"], "data": state["data"] if data is None else data})
    )
    (folder / "status.json").write_text(json.dumps({"actions": {"cd": {}}}))
    return folder


def test_runs_of_early_releases(tmp_path: Path) -> None:
    info = load_xp_info(run_with_configs(tmp_path, None))
    assert info.jobs == {"ab": Layer.C(size=4)}
    assert info.actions == {"cd": Seed.C(value=1)}


@pytest.mark.parametrize(
    "data", [[], {"ab": 3}, {"ab": {"type": "python", "value": 99}}, {"ab": {"type": "python"}}]
)
def test_runs_of_early_releases_that_are_wrong(tmp_path: Path, data: Any) -> None:
    with pytest.raises(DefinitionFileError, match=r"configs\.json"):
        load_xp_info(run_with_configs(tmp_path, data))


def test_the_former_way_to_load_a_run(tmp_path: Path) -> None:
    run_with_configs(tmp_path, None)
    with pytest.warns(DeprecationWarning, match="load_xp_info"):
        assert load_configs(tmp_path) == {"ab": Layer.C(size=4)}


def test_the_former_name_of_an_error_is_kept() -> None:
    assert xpm_serialize.DefinitionError is xpm_serialize.DefinitionFileError
