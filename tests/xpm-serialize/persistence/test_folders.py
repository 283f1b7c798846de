"""Configurations saved in folders."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import pytest
from serialized.models import EXECUTED, Anything, Corpora, Corpus, Layer, Model, Seed

from xpm_config import Config, DataPath, Param, field
from xpm_serialize import (
    DefinitionNotFoundError,
    NotSerializableError,
    PathConflictError,
    PathSerializationLWTask,
    SerializationContext,
    SerializedPath,
    UnsafePathError,
    check_folder,
    deserialize,
    from_state_dict,
    load,
    save,
    serialize,
    state_dict,
)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "text.txt"
    path.parent.mkdir()
    path.write_text("some text")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "folder"
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "file").write_text("inside")
    return path


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def snapshot(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files_in(folder)}


def test_save_and_load(tmp_path: Path) -> None:
    model = Model.C(layers=[Layer.C(size=1)])
    save(model, tmp_path / "saved")
    assert files_in(tmp_path / "saved") == ["experimaestro.json"]
    assert load(tmp_path / "saved") == model
    assert type(load(str(tmp_path / "saved"), as_instance=True)) is Model


def test_messages_about_what_was_loaded_name_its_file(tmp_path: Path) -> None:
    save(Model.C(layers=[Layer.C(size=1)]), tmp_path / "saved")
    layer = load(tmp_path / "saved").layers[0]
    assert str(tmp_path / "saved" / "experimaestro.json") in str(layer.__xpm__.location)
    again = pickle.loads(pickle.dumps(layer))
    assert str(again.__xpm__.location) == str(layer.__xpm__.location)


def test_any_nesting_is_saved(tmp_path: Path) -> None:
    layer = Layer.C(size=1)
    save({"a": [layer, (1, "x")], "b": {"c": layer}, "d": None}, tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert loaded["a"][0] is loaded["b"]["c"]
    assert loaded["a"][1] == (1, "x")
    assert loaded["d"] is None


def test_data_files_are_carried_along(tmp_path: Path, text: Path, folder: Path) -> None:
    corpora = Corpora.C(
        by_name={"en": Corpus.C(text=text, folder=folder), "a/b": Corpus.C(text=text)},
        ordered=[Corpus.C(text=text)],
    )
    save(corpora, tmp_path / "saved")
    assert files_in(tmp_path / "saved") == [
        "by_name/a/b/text",
        "by_name/en/folder/deep/file",
        "by_name/en/text",
        "experimaestro.json",
        "ordered/0/text",
    ]
    for as_instance in (False, True):
        loaded = load(tmp_path / "saved", as_instance=as_instance)
        assert loaded.by_name["en"].text == tmp_path / "saved" / "by_name" / "en" / "text"
        assert loaded.by_name["a/b"].text.read_text() == "some text"
        assert (loaded.by_name["en"].folder / "deep" / "file").read_text() == "inside"
        assert loaded.ordered[0].folder is None


def test_data_files_of_several(tmp_path: Path, text: Path) -> None:
    save({"x": Corpus.C(text=text), "y": [Corpus.C(text=text)]}, tmp_path / "saved")
    assert files_in(tmp_path / "saved") == ["experimaestro.json", "x/text", "y/0/text"]


def test_keys_stay_inside_the_folder(tmp_path: Path, text: Path) -> None:
    keys = ["..", "../..", "/etc", ".", "a//b", ""]
    save(Corpora.C(by_name={key: Corpus.C(text=text) for key in keys}), tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert sorted(loaded.by_name) == sorted(keys)
    for corpus in loaded.by_name.values():
        assert corpus.text.resolve().is_relative_to(tmp_path / "saved" / "by_name")


def test_hard_links_are_made_where_possible(tmp_path: Path, text: Path) -> None:
    save(Corpus.C(text=text), tmp_path / "saved")
    assert (tmp_path / "saved" / "text").samefile(text)


def test_links_are_followed_so_that_nothing_leads_out(
    tmp_path: Path, text: Path, folder: Path
) -> None:
    (folder / "link").symlink_to(text)
    link = tmp_path / "link"
    link.symlink_to(text)
    save(Corpus.C(text=link, folder=folder), tmp_path / "saved")
    assert not (tmp_path / "saved" / "text").is_symlink()
    assert not (tmp_path / "saved" / "folder" / "link").is_symlink()
    check_folder(tmp_path / "saved")


def test_saving_again_replaces(tmp_path: Path, text: Path, folder: Path) -> None:
    saved = tmp_path / "saved"
    save(Corpus.C(text=text, folder=folder), saved)
    (saved / "of the user").write_text("kept")
    other = tmp_path / "other"
    other.write_text("other text")
    save(Corpus.C(text=other, name="second"), saved)
    loaded = load(saved)
    assert loaded.name == "second"
    assert loaded.text.read_text() == "other text"
    assert files_in(saved) == sorted(["experimaestro.json", "of the user", loaded.text.name])
    assert text.read_text() == "some text"
    save(loaded, saved)
    assert load(saved).text.read_text() == "other text"
    assert check_folder(saved)


def test_saving_what_lies_in_the_folder(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "text").write_text("here already")
    save(Corpus.C(text=saved / "text"), saved)
    assert files_in(saved) == ["experimaestro.json", "text"]
    assert load(saved).text.read_text() == "here already"


def test_what_cannot_be_saved_leaves_the_folder_as_it_was(tmp_path: Path, text: Path) -> None:
    saved = tmp_path / "saved"
    save(Corpus.C(text=text), saved)
    before = snapshot(saved)
    bad = Anything.C(value=1)
    bad.__xpm__.values["value"] = object()
    with pytest.raises(NotSerializableError):
        save([Corpus.C(text=text), bad], saved)
    with pytest.raises(FileNotFoundError):
        save(Corpus.C(text=tmp_path / "nowhere"), saved)
    assert snapshot(saved) == before
    assert sorted(os.listdir(saved)) == ["experimaestro.json", "text"]
    with pytest.raises(NotSerializableError):
        save(bad, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saved", "source"]


def test_killed_anywhere_the_folder_is_the_old_or_the_new_one(tmp_path: Path, text: Path) -> None:
    """The process is killed at each call to the file system in turn."""
    program = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from serialized.models import Corpora, Corpus
from xpm_serialize import save
left = int(sys.argv[4])
def killing(function):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call
config = Corpora.C(ordered=[Corpus.C(text=Path(sys.argv[3]), name="new") for _ in range(2)])
for name in ("mkdir", "rename", "replace", "link", "unlink", "rmdir", "fsync", "chmod", "open"):
    setattr(os, name, killing(getattr(os, name)))
save(config, sys.argv[2])
"""
    modules = str(Path(__file__).parents[1] / "modules")
    new = tmp_path / "source" / "new.txt"
    new.write_text("new text")
    ends = set()
    for step in range(1, 200):
        saved = tmp_path / f"saved {step}"
        save(Corpora.C(ordered=[Corpus.C(text=text, name="old")]), saved)
        arguments = [modules, str(saved), str(new), str(step)]
        result = subprocess.run(
            [sys.executable, "-c", program, *arguments], check=False, capture_output=True
        )
        loaded = load(saved)
        found = [(corpus.name, corpus.text.read_text()) for corpus in loaded.ordered]
        assert found in ([("old", "some text")], [("new", "new text")] * 2)
        ends.add(found[0][0])
        if result.returncode == 0:
            break
        assert result.returncode == -signal.SIGKILL, result.stderr
        # ... and what was left behind is no obstacle
        save(Corpora.C(ordered=[Corpus.C(text=new, name="again")]), saved)
        assert load(saved).ordered[0].text.read_text() == "new text"
        assert len(list(saved.rglob("*"))) == 4, files_in(saved)  # nothing else is left
    assert result.returncode == 0
    assert ends == {"old", "new"}


def test_what_a_killed_process_was_making_is_removed_by_the_next(tmp_path: Path) -> None:
    program = """
import os, signal, sys
from xpm_serialize import save
os.rename = lambda *args: os.kill(os.getpid(), signal.SIGKILL)
save([], sys.argv[1])
"""
    saved = tmp_path / "saved"
    subprocess.run([sys.executable, "-c", program, str(saved)], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".saved.saving-")
    save([], saved)
    assert list(tmp_path.iterdir()) == [saved]


def test_savers_of_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    files = []
    for number in range(4):
        files.append(tmp_path / f"file {number}")
        files[-1].write_text(str(number))
    saved = tmp_path / "saved"
    save(Corpus.C(text=files[0], name="0"), saved)

    def again(number: int) -> None:
        for _ in range(5):
            save(Corpus.C(text=files[number], name=str(number)), saved)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(again, range(4)))
    loaded = load(saved)
    assert loaded.text.read_text() == loaded.name
    assert len(files_in(saved)) == 2


def test_two_definitions_in_one_folder(tmp_path: Path, text: Path) -> None:
    """What one refers to is not removed for the other."""
    saved = tmp_path / "saved"
    new = tmp_path / "new"
    new.write_text("new text")
    for name in ("a.json", "b.json"):
        save(Corpus.C(text=text), saved, name)
    save(Corpus.C(text=new), saved, "a.json")
    assert load(saved, definition_filename="a.json").text.read_text() == "new text"
    assert load(saved, definition_filename="b.json").text.read_text() == "some text"
    with pytest.raises(UnsafePathError, match="expected the name of a file"):
        save(Corpus.C(text=text), saved, "../a.json")


def test_keys_that_no_file_can_be_named(tmp_path: Path, text: Path) -> None:
    keys = ["a\0b", "\ud800", "x" * 300, "é" * 300, "..", "", "a/../b", "a:b", "c\\..\\d"]
    save({key: Corpus.C(text=text, name=key) for key in keys}, tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert list(loaded) == keys
    assert {corpus.text.read_text() for corpus in loaded.values()} == {"some text"}


def test_folders_without_end(tmp_path: Path, text: Path, folder: Path) -> None:
    for place in (folder, folder / "deep" / "saved"):
        with pytest.raises(PathConflictError, match="in itself"):
            save(Corpus.C(text=text, folder=folder), place)
    (folder / "deep" / "loop").symlink_to(folder)
    with pytest.raises(PathConflictError, match="loop is a link to a folder that holds it"):
        save(Corpus.C(text=text, folder=folder), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


class Odd(Config):
    """Gives what cannot be written."""

    a: Param[int] = field(default=1)
    form: ClassVar[Any] = None

    def __xpm_serialize__(self, context: SerializationContext) -> dict[str, Any]:
        given: dict[str, Any] = self.form
        return given


@pytest.mark.parametrize("form", [None, {"a": object()}, {"a": float("nan")}])
def test_forms_that_cannot_be_written(
    tmp_path: Path, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "form", form)
    with pytest.raises(NotSerializableError, match="__xpm_serialize__"):
        save(Odd.C(), tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def test_two_files_for_one_place(tmp_path: Path, text: Path) -> None:
    context = SerializationContext(save_directory=tmp_path)
    corpus = Corpus.C(text=text)
    context.serialize(["a"], text, corpus)
    with pytest.raises(ValueError, match="would both be saved as 'a'"):
        context.serialize(["a"], text, corpus)
    with pytest.raises(PathConflictError, match="where something else was saved"):
        context.serialize(["a", "b"], text, corpus)
    with pytest.raises(PathConflictError, match=r"experimaestro\.json"):
        save({"experimaestro.json": Anything.C(value=1), "x": _named(text)}, tmp_path / "saved")


def _named(text: Path) -> Any:
    class Named(Config):
        data: DataPath

        def __xpm_serialize__(self, context: SerializationContext) -> dict[str, Any]:
            return {"data": context.serialize(["experimaestro.json"], self.data, self)}

    return Named.C(data=text)


def test_saving_nowhere_checks(tmp_path: Path) -> None:
    save(Layer.C(size=1), None)
    bad = Anything.C(value=1)
    bad.__xpm__.values["value"] = object()
    with pytest.raises(NotSerializableError):
        save(bad, None)


class Custom(Config):
    data: DataPath
    count: Param[int]

    def __xpm_serialize__(self, context: SerializationContext) -> dict[str, Any]:
        assert context.save_directory is not None
        SEEN.append((list(context.var_path), context.depth))
        target = context.save_directory / "made"
        target.write_text(self.data.read_text().upper())
        return {"data": SerializedPath("made", False)}


SEEN: list[tuple[list[str], int]] = []


class Holder(Config):
    custom: Param[list[Custom]]


def test_a_class_of_its_own_mind(tmp_path: Path, text: Path) -> None:
    SEEN.clear()
    save(Holder.C(custom=[Custom.C(data=text, count=1)]), tmp_path / "saved")
    assert SEEN == [(["custom", "0"], 1)]
    assert load(tmp_path / "saved").custom[0].data.read_text() == "SOME TEXT"


class Flat(SerializationContext):
    """Puts all data files side by side."""

    def serialize(self, var_path: Any, data_path: Path, config: Any) -> SerializedPath:
        return super().serialize(["data", "-".join(var_path)], data_path, config)


def test_a_context_of_ones_own(tmp_path: Path, text: Path) -> None:
    save([Corpus.C(text=text)], tmp_path / "saved", context=Flat())
    assert files_in(tmp_path / "saved") == ["data/0-text", "experimaestro.json"]
    assert load(tmp_path / "saved")[0].text.read_text() == "some text"


def test_a_function_that_finds_files(tmp_path: Path, text: Path, folder: Path) -> None:
    save(Corpus.C(text=text, folder=folder), tmp_path / "saved")
    asked: list[Any] = []

    def find(wanted: str | Path | SerializedPath) -> Path:
        asked.append(wanted)
        return tmp_path / "saved" / (wanted.path if isinstance(wanted, SerializedPath) else wanted)

    loaded = load(find)
    assert loaded.text.read_text() == "some text"
    assert asked == [
        "experimaestro.json",
        SerializedPath("text", False),
        SerializedPath("folder", True),
    ]


def test_a_state_in_memory_leaves_files_where_they_are(text: Path) -> None:
    state = state_dict(SerializationContext(), Corpus.C(text=text))
    assert state["objects"][0]["fields"]["text"] == {
        "type": "path.serialized",
        "value": str(text),
        "is_folder": False,
    }
    assert from_state_dict(json.loads(json.dumps(state))).text == text


def test_names_of_definitions(tmp_path: Path) -> None:
    save(Layer.C(size=1), tmp_path / "saved", "definition.json")
    assert load(tmp_path / "saved").size == 1
    save(Layer.C(size=2), tmp_path / "saved")
    assert load(tmp_path / "saved").size == 2
    assert load(tmp_path / "saved", definition_filename="definition.json").size == 1
    with pytest.raises(DefinitionNotFoundError, match=r"no definition \(x\.json\) in "):
        load(tmp_path / "saved", definition_filename="x.json")
    with pytest.raises(FileNotFoundError, match=r"experimaestro\.json or definition\.json"):
        load(tmp_path)


def test_init_tasks(tmp_path: Path) -> None:
    serialize(Layer.C(size=1), tmp_path / "saved", init_tasks=[Seed.C(value=3), Seed.C(value=4)])
    EXECUTED.clear()
    layer, init_tasks = deserialize(tmp_path / "saved")
    assert layer.size == 1
    assert [task.value for task in init_tasks] == [3, 4]
    assert EXECUTED == []
    assert type(deserialize(tmp_path / "saved", as_instance=True)) is Layer
    assert EXECUTED == [3, 4]
    # What save() has written has none.
    save([Layer.C(size=1), []], tmp_path / "plain")
    assert deserialize(tmp_path / "plain") == ([Layer.C(size=1), []], [])


def test_the_definition_says_its_version(tmp_path: Path) -> None:
    save(Layer.C(size=1), tmp_path / "saved")
    document = json.loads((tmp_path / "saved" / "experimaestro.json").read_text())
    assert document["version"] == 3
    assert sorted(document) == ["data", "objects", "version"]


def test_data_files_of_what_is_serialized_lie_where_save_puts_them(
    tmp_path: Path, text: Path
) -> None:
    serialize(Corpus.C(text=text), tmp_path / "saved", init_tasks=[Seed.C(value=1)])
    assert files_in(tmp_path / "saved") == ["experimaestro.json", "text"]


class ReadText(PathSerializationLWTask):
    def execute(self) -> None:
        self.value.content = self.path.read_text()  # type: ignore[attr-defined] # set here


def test_a_task_that_makes_an_instance_ready(tmp_path: Path, text: Path) -> None:
    layer = Layer.C(size=1)
    serialize(layer, tmp_path / "saved", init_tasks=[ReadText.C(value=layer, path=text)])
    assert files_in(tmp_path / "saved") == ["__init_tasks__/0/path", "experimaestro.json"]
    assert deserialize(tmp_path / "saved", as_instance=True).content == "some text"
