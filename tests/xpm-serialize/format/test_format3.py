"""What the first version of this project has written loads for ever."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

import pytest

from xpm_config import tags
from xpm_serialize import deserialize, from_task_dir, load, load_task, load_xp_info

FOLDER = Path(__file__).parents[2] / "data" / "format-3"


@pytest.fixture(autouse=True)
def definitions(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("frozen3.definitions")


def job_folders(name: str) -> list[Path]:
    return sorted((FOLDER / "workspace" / "jobs").glob(f"frozen3.definitions.{name}/*"))


@pytest.mark.parametrize("as_instance", [False, True])
def test_values(definitions: Any, as_instance: bool) -> None:
    model = load(FOLDER / "saved" / "models", as_instance=as_instance)["same"]
    assert model.layers[0] is model.layers[1] is model.named["a"]
    assert (model.layers[2].kind, model.named["b/c"].size) == (definitions.Kind.LARGE, 5)
    assert (model.table, model.labels, model.pair) == ({1: "one"}, {"x", "y"}, (1, "z"))
    assert (model.limit, model.version) == (None, "1.0")
    access = definitions.Access
    assert model.anything == {
        "values": [None, True, 1, 2**70, 1.5, math.inf, "text", b"bytes", (1, 2), {3, 4}],
        "type": {"type": "python", "value": 1},
        "keys": {1: "a", "1": "b"},
        "members": [definitions.Kind.SMALL, access.WRITE],
    }


def test_what_was_set() -> None:
    loaded = load(FOLDER / "saved" / "models")
    same, two, loop = loaded["same"], loaded["two"], loaded["loop"]
    assert same.layers[2].__xpm__.meta is True
    assert tags(same) == {"size": 3}
    assert same.first is same.second
    assert two.first is not two.second
    assert loop.other.other is loop
    identifiers = [str(config.__identifier__()) for config in (same, two, loop)]
    assert identifiers == [
        "35631ee988e01c0523b841c8dd2585e9766974232dbd21656e18cec983b9c8a7",
        "0644b9f09aceabd9c9682ab40d0c40448cad36d719a5e4aafe71884c08677421",
        "bbb9ec0b275061ee0e15f75c15020196ce5bec423cdd721ab859c31071d1b00a",
    ]


def test_init_tasks(definitions: Any) -> None:
    corpus = deserialize(FOLDER / "saved" / "corpus", as_instance=True)
    assert definitions.EXECUTED == [7]
    definitions.EXECUTED.clear()
    assert corpus.text.read_text() == "some text\n"


@pytest.mark.parametrize("as_instance", [False, True])
def test_jobs(as_instance: bool) -> None:
    (learn,) = job_folders("learn")
    tasks = [from_task_dir(folder, as_instance=as_instance) for folder in job_folders("evaluate")]
    tasks.sort(key=lambda task: task.before is not None)
    for task in tasks:
        assert task.learn.out == learn / "out.txt"
        assert task.model is task.learn.model
        assert (task.step.learn, task.step.number) == (task.learn, 4)
        assert task.model.layers[0].cache == learn / "out/model/layers/0/cache.bin"
    assert tasks[0].before is None
    assert tasks[1].before.learn is tasks[1].learn


def test_producers(definitions: Any) -> None:
    for folder in job_folders("evaluate"):
        task = from_task_dir(folder)
        assert str(task.__identifier__()) == folder.name
        for produced in (task.model, task.step):
            assert produced.__xpm__.task is task.learn
        assert [init.value for init in task.learn.__xpm__.init_tasks] == [1]
        assert tags(task) == {"size": 3, "epochs": 2}
    (learn,) = job_folders("learn")
    assert load_task(learn / "params.json").tags == {"size": 3, "epochs": 2}


def test_a_run() -> None:
    info = load_xp_info(FOLDER / "workspace" / "experiments" / "sample" / "20260101_120000")
    folders = [*job_folders("learn"), *job_folders("evaluate")]
    assert sorted(info.jobs) == sorted(folder.name for folder in folders)


def test_outputs() -> None:
    step = load(FOLDER / "saved" / "step")
    partial = load(FOLDER / "saved" / "step", partial_loading=True)
    (learn,) = job_folders("learn")
    for loaded in (step, partial):
        assert str(loaded.__xpm__.task.__xpm__.identifier) == learn.name
    assert step.__identifier__() == partial.__identifier__()
