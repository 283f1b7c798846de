"""Folders that release 2.7.0 has written load for ever."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from xpm_config import Config
from xpm_serialize import (
    deserialize,
    from_task_dir,
    load,
    load_task,
    load_xp_info,
)


@pytest.fixture
def definitions(release27: Path) -> Any:
    return importlib.import_module("release27.definitions")


def job_folders(release27: Path, name: str = "*") -> list[Path]:
    return sorted((release27 / "workspace" / "jobs").glob(f"release27.definitions.{name}/*"))


def evaluate(release27: Path) -> Path:
    (folder,) = job_folders(release27, "evaluate")
    return folder


def test_task_folders_load_with_the_identifiers_they_are_named_by(
    release27: Path, definitions: Any
) -> None:
    folders = job_folders(release27)
    assert len(folders) == 5
    for folder in folders:
        task = from_task_dir(folder)
        assert str(task.__identifier__()) == folder.name
        assert task.__xpmtype__.identifier == folder.parent.name


def test_what_a_task_uses_keeps_its_producer_and_its_init_tasks(
    release27: Path, definitions: Any
) -> None:
    task = from_task_dir(evaluate(release27))
    model = task.model
    learn = model.__xpm__.task
    assert isinstance(learn, definitions.Learn)
    assert learn.model is model
    assert [init.value for init in learn.__xpm__.init_tasks] == [1]
    first, second = task.steps
    assert first.task is second.task
    assert first.__xpm__.task is first.task
    assert second.__xpm__.task is None
    assert task.learn.__xpm__.task is task.learn


def test_values_and_sharing(release27: Path, definitions: Any) -> None:
    model = from_task_dir(evaluate(release27)).model
    assert model.layers[0] is model.layers[1] is model.named["a"]
    assert model.layers[2].activation is definitions.Activation.GELU
    assert model.named["b/c"].size == 5
    assert model.anything == {"deep": [1, 2.5, "text"]}
    assert (model.rate, model.limit, model.labels) == (0.25, 5, None)


def test_paths_lie_where_the_workspace_lies_now(release27: Path, definitions: Any) -> None:
    folder = evaluate(release27)
    task = from_task_dir(folder)
    assert task.report == folder / "report.txt"
    assert task.report.read_text() == "good\n"
    assert task.learn.out.read_text() == "3\n"
    producer = task.model.__xpm__.task
    jobs = release27 / "workspace" / "jobs"
    assert producer.out.read_text() == "2\n"
    assert task.model.layers[2].cache == (
        jobs / producer.out.parent.relative_to(jobs) / "out/model/layers/2/cache.bin"
    )


def test_a_task_loads_as_an_instance(release27: Path, definitions: Any) -> None:
    loaded = load_task(evaluate(release27) / "params.json")
    task = loaded.task
    assert type(task) is definitions.Evaluate
    assert type(task.model) is definitions.Model
    assert task.model.layers[0] is task.model.layers[1]
    assert task.steps[0].task is task.steps[1].task
    assert task.steps[0].task.out.read_text() == "trained\n"
    assert task.report.read_text() == "good\n"


def test_init_tasks_load_with_their_task(release27: Path, definitions: Any) -> None:
    found = [load_task(folder / "params.json") for folder in job_folders(release27, "learn")]
    assert sorted([init.value for init in loaded.init_tasks] for loaded in found) == [[], [1]]


def test_a_run_loads(release27: Path, definitions: Any) -> None:
    info = load_xp_info(release27 / "workspace" / "experiments" / "sample" / "current")
    assert sorted(info.jobs) == sorted(folder.name for folder in job_folders(release27))
    for identifier, task in info.jobs.items():
        assert isinstance(task, Config)
        assert str(task.__identifier__()) == identifier
    (action,) = info.actions.values()
    assert isinstance(action, definitions.Export)
    assert action.name == "weights"


def test_saved_data_files(release27: Path, definitions: Any) -> None:
    folder = release27 / "saved" / "corpora"
    for as_instance in (False, True):
        corpora = load(folder, as_instance=as_instance)
        assert corpora.by_name["en"].text == folder / "by_name" / "en" / "text"
        assert corpora.ordered[1].text.read_text() == "some text\n"
        assert (corpora.one.folder / "inside.txt").read_text() == "inside\n"
        assert corpora.ordered[1].name == "1"


def test_saved_nesting(release27: Path, definitions: Any) -> None:
    loaded = load(release27 / "saved" / "nested")
    first, second = loaded["models"]
    assert loaded["again"] is first
    assert loaded["plain"] == [1, "a", None]
    assert (first.__xpm__.meta, second.__xpm__.meta) == (None, True)
    assert first.labels == {"x", "y"}
    assert first.table == {1: "one", 2: "two"}


def test_a_dictionary_with_numbers_as_keys_has_them_in_an_instance(
    release27: Path, definitions: Any
) -> None:
    loaded = load(release27 / "saved" / "nested", as_instance=True)
    assert loaded["again"].table == {1: "one", 2: "two"}


def test_saved_instances(release27: Path, definitions: Any) -> None:
    one, two = load(release27 / "saved" / "pairs")
    assert one.first is one.second is two.first
    assert two.second is not two.first
    assert one.__identifier__() != two.__identifier__()


def test_saved_loop(release27: Path, definitions: Any) -> None:
    for as_instance in (False, True):
        loop = load(release27 / "saved" / "loop", as_instance=as_instance)
        assert loop.other.other is loop
        assert (loop.value, loop.other.value) == (1, 2)


def test_a_definition_under_its_former_name(release27: Path, definitions: Any) -> None:
    assert load(release27 / "saved" / "old").rate == 0.5


def test_serialized_with_init_tasks(release27: Path, definitions: Any) -> None:
    corpus, init_tasks = deserialize(release27 / "saved" / "serialized")
    assert corpus.name == "with seed"
    assert [task.value for task in init_tasks] == [7]
    assert definitions.EXECUTED == []
    instance = deserialize(release27 / "saved" / "serialized", as_instance=True)
    assert instance.name == "with seed"
    ((value, model),) = definitions.EXECUTED
    definitions.EXECUTED.clear()
    assert value == 7
    assert model.rate == 0.125


@pytest.mark.parametrize("partial", [False, True])
def test_outputs_keep_their_identifiers(release27: Path, definitions: Any, partial: bool) -> None:
    for name in ("learned", "step"):
        output = load(release27 / "saved" / name, partial_loading=partial)
        task = output.__xpm__.task
        assert str(task.__xpm__.identifier) in {folder.name for folder in job_folders(release27)}
        whole = load(release27 / "saved" / name)
        assert output.__identifier__() == whole.__identifier__()
