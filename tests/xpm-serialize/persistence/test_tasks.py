"""Job folders: what a task writes, and what its process and others load."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serialized.models import (
    Chain,
    Climb,
    Evaluate,
    Layer,
    Learn,
    Model,
    Seed,
    Step,
)
from serialized.tasks import submit, write_parameters

from xpm_config import mark_output, tag, tags
from xpm_serialize import (
    DefinitionNotFoundError,
    DependencyGoneError,
    ObjectWriter,
    VersionError,
    from_task_dir,
    load_task,
    load_xp_info,
)


def folder_of(task: Any) -> Path:
    path: Path = task.__xpm__.job.path
    return path


def learned(workspace: Path, **more: Any) -> tuple[Any, Any]:
    """A task, and a part of it that it produces."""
    model = Model.C(layers=[Layer.C(size=1), Layer.C(size=2)])
    learn = submit(Learn.C(model=model, **more), workspace)
    mark_output(model, learn)
    return learn, model


def chain(workspace: Path, length: int) -> list[Any]:
    tasks: list[Any] = []
    for number in range(length):
        before = tasks[-1] if tasks else None
        tasks.append(submit(Chain.C(number=number, before=before), workspace))
    return tasks


def document_of(task: Any) -> Any:
    return json.loads((folder_of(task) / "params.json").read_text())


def test_the_document(tmp_path: Path) -> None:
    learn, _ = learned(tmp_path, epochs=tag(3))
    document = document_of(learn)
    assert document["workspace"] == str(tmp_path)
    assert (document["version"], document["experimaestro"]) == (3, "3.0")
    assert document["tags"] == {"epochs": 3}
    last = document["objects"][-1]
    assert last["type"] == "Learn"
    assert last["task"] == last["id"]
    assert last["identifier"] == folder_of(learn).name
    assert last["fields"]["out"] == {"type": "path", "value": "out.txt", "base": "job"}


def test_a_task_loads_in_its_folder(tmp_path: Path) -> None:
    seed = Seed.C(value=5)
    learn = submit(
        Learn.C(model=Model.C(layers=[Layer.C(size=1)]), epochs=tag(2)), tmp_path, [seed]
    )
    loaded = load_task(folder_of(learn) / "params.json")
    assert type(loaded.task) is Learn
    assert loaded.task.epochs == 2
    assert loaded.task.out == folder_of(learn) / "out.txt"
    assert [task.value for task in loaded.init_tasks] == [5]
    assert loaded.tags == {"epochs": 2}
    assert loaded.document == document_of(learn)
    as_config = load_task(folder_of(learn) / "params.json", as_instance=False)
    assert as_config.task.__identifier__() == learn.__identifier__()
    assert as_config.task.__xpm__.init_tasks == as_config.init_tasks


def test_a_task_used_by_another(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    evaluate = submit(Evaluate.C(model=model, learn=learn), tmp_path)
    for as_instance in (False, True):
        task = from_task_dir(folder_of(evaluate), as_instance=as_instance)
        assert task.learn.out == folder_of(learn) / "out.txt"
        assert task.learn.model is task.model
        assert [layer.size for layer in task.model.layers] == [1, 2]
    config = from_task_dir(folder_of(evaluate))
    assert config.model.__xpm__.task is config.learn
    assert config.learn.__xpm__.task is config.learn
    assert config.__identifier__() == evaluate.__identifier__()


def test_a_part_that_was_written_before_it_was_marked(tmp_path: Path) -> None:
    model = Model.C(layers=[])
    learn = submit(Learn.C(model=model), tmp_path)
    assert "task" not in document_of(learn)["objects"][0]
    mark_output(model, learn)
    evaluate = submit(Evaluate.C(model=model), tmp_path)
    loaded = from_task_dir(folder_of(evaluate))
    assert isinstance(loaded.model.__xpm__.task, Learn)
    assert loaded.__identifier__() == evaluate.__identifier__()


def test_a_dependency_is_not_copied(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    evaluate = submit(Evaluate.C(model=model), tmp_path)
    records = {record["type"]: record for record in document_of(evaluate)["objects"]}
    assert sorted(records) == ["Evaluate", "Learn", "Model"]
    job = str(folder_of(learn).relative_to(tmp_path))
    assert (records["Learn"]["job"], records["Learn"]["at"]) == (job, [])
    assert (records["Model"]["job"], records["Model"]["at"]) == (job, ["model"])
    assert "fields" not in records["Model"]


def test_a_chain_costs_each_task_its_own_part(tmp_path: Path) -> None:
    tasks = chain(tmp_path, 200)
    sizes = [(folder_of(task) / "params.json").stat().st_size for task in tasks]
    assert max(sizes) - min(sizes[1:]) < 20
    for as_instance in (False, True):
        loaded = from_task_dir(folder_of(tasks[-1]), as_instance=as_instance)
        for task in reversed(tasks):
            assert loaded.number == task.number
            assert loaded.out == folder_of(task) / "out.txt"
            loaded = loaded.before
        assert loaded is None


def test_a_task_is_read_when_it_is_looked_into(tmp_path: Path) -> None:
    """A job at the end of a long chain pays for what it uses."""
    tasks = chain(tmp_path, 4)
    loaded: Any = load_task(folder_of(tasks[3]) / "params.json").task
    before: Any = loaded.before
    assert isinstance(loaded.before, Chain)
    assert before.number == 2
    assert type(loaded.before) is Chain
    # It was not asked for: nothing of it was read.
    shutil.rmtree(folder_of(tasks[0]))
    assert before.before.number == 1
    again: Any = load_task(folder_of(tasks[3]) / "params.json").task
    shutil.rmtree(folder_of(tasks[1]))
    with pytest.raises(DependencyGoneError, match=folder_of(tasks[1]).name):
        again.before.before.number  # noqa: B018 # is what reads it
    # One that is gone already is reported before the task begins.
    shutil.rmtree(folder_of(tasks[2]))
    with pytest.raises(DependencyGoneError, match=folder_of(tasks[2]).name):
        load_task(folder_of(tasks[3]) / "params.json")


@pytest.mark.parametrize(
    "look",
    [
        lambda task: task.number,
        vars,
        dir,
        copy.copy,
        copy.deepcopy,
        lambda task: setattr(task, "more", 1),
        lambda task: delattr(task, "number"),
        lambda task: pickle.loads(pickle.dumps(task)),
    ],
)
def test_it_cannot_be_told_how_a_task_was_read(tmp_path: Path, look: Any) -> None:
    first, second = chain(tmp_path, 2)
    loaded = load_task(folder_of(second) / "params.json").task
    assert loaded.before.__class__ is Chain
    look(loaded.before)
    assert type(loaded.before) is Chain
    assert loaded.before.out == first.out
    assert set(vars(loaded.before)) - {"more"} <= {"number", "before", "out"}


def test_a_task_is_read_once_by_all_threads(tmp_path: Path) -> None:
    tasks = chain(tmp_path, 50)
    loaded = load_task(folder_of(tasks[-1]) / "params.json").task

    def numbers(_: int) -> list[int]:
        found, task = [], loaded
        while task is not None:
            found.append(task.number)
            task = task.before
        return found

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(numbers, range(8))) == [list(reversed(range(50)))] * 8


def test_what_is_shared_with_a_task_is_shared_whoever_is_read_first(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    evaluate = submit(Evaluate.C(model=model, learn=learn), tmp_path)
    loaded = load_task(folder_of(evaluate) / "params.json").task
    assert loaded.learn.model is loaded.model
    last = submit(Evaluate.C(model=model, learn=learn, evaluate=evaluate), tmp_path)
    for first in ("evaluate", "learn"):
        loaded = load_task(folder_of(last) / "params.json").task
        assert getattr(loaded, first).model is loaded.model
        assert loaded.evaluate.learn is loaded.learn
        assert loaded.learn.model is loaded.model


def test_a_chain_of_products_costs_each_task_its_own_part(tmp_path: Path) -> None:
    """What a task produces holds what the one before has produced."""
    step, tasks = None, []
    for number in range(100):
        task = submit(Climb.C(number=number, step=step), tmp_path)
        tasks.append(task)
        step = Step.C(number=number, before=step)
        mark_output(step, task)
    sizes = [(folder_of(task) / "params.json").stat().st_size for task in tasks]
    assert max(sizes) - min(sizes[2:]) < 40
    loaded = from_task_dir(folder_of(tasks[-1]))
    assert loaded.__identifier__() == tasks[-1].__identifier__()
    held = loaded.step
    for number in reversed(range(99)):
        assert held.number == number
        assert str(held.__xpm__.task.__identifier__()) == folder_of(tasks[number]).name
        held = held.before
    assert held is None


def test_time_grows_with_the_number_of_tasks(tmp_path: Path) -> None:
    def spent(length: int) -> float:
        workspace = tmp_path / str(length)
        start = time.process_time()
        tasks = chain(workspace, length)
        from_task_dir(folder_of(tasks[-1]))
        return time.process_time() - start

    spent(10)
    # Quadratic would be 16 times as much.
    assert spent(400) < 10 * spent(100) + 0.1


def test_a_workspace_that_was_moved(tmp_path: Path) -> None:
    learn, model = learned(tmp_path / "before")
    evaluate = submit(Evaluate.C(model=model, learn=learn), tmp_path / "before")
    relative = folder_of(evaluate).relative_to(tmp_path / "before")
    shutil.move(tmp_path / "before", tmp_path / "after")
    loaded = from_task_dir(tmp_path / "after" / relative)
    assert loaded.learn.out.is_relative_to(tmp_path / "after")
    # ... also where a copy lies where it was
    shutil.copytree(tmp_path / "after", tmp_path / "before")
    loaded = from_task_dir(tmp_path / "after" / relative)
    assert loaded.learn.out.is_relative_to(tmp_path / "after")


def test_a_folder_met_through_a_link(tmp_path: Path) -> None:
    learn, model = learned(tmp_path / "ws")
    evaluate = submit(Evaluate.C(model=model, learn=learn), tmp_path / "ws")
    link = tmp_path / "ws" / "experiments" / "e" / "run" / "jobs" / "evaluate" / "x"
    link.parent.mkdir(parents=True)
    link.symlink_to(folder_of(evaluate))
    assert from_task_dir(link).learn.out == learn.out


def test_a_dependency_that_is_gone(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    evaluate = submit(Evaluate.C(model=model), tmp_path)
    shutil.rmtree(folder_of(learn))
    with pytest.raises(DependencyGoneError) as error:
        from_task_dir(folder_of(evaluate))
    assert str(folder_of(evaluate)) in str(error.value)
    assert str(folder_of(learn)) in str(error.value)


def record_run(workspace: Path, *tasks: Any, run: str = "20260101_000000") -> Path:
    """What an experiment writes of its jobs."""
    folder = workspace / "experiments" / "e" / run
    folder.mkdir(parents=True)
    writer = ObjectWriter()
    with (folder / "objects.jsonl").open("w") as objects, (folder / "jobs.jsonl").open("w") as jobs:
        for task in tasks:
            for record in writer.records(task):
                objects.write(json.dumps(record) + "\n")
            jobs.write(json.dumps({"job_id": folder_of(task).name, "tags": {}}) + "\n")
    return folder


def test_a_dependency_that_is_gone_and_was_recorded(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    evaluate = submit(Evaluate.C(model=model, learn=learn), tmp_path)
    record_run(tmp_path, submit(Chain.C(number=1), tmp_path), learn, evaluate)
    shutil.rmtree(folder_of(learn))
    for as_instance in (False, True):
        loaded = from_task_dir(folder_of(evaluate), as_instance=as_instance)
        assert [layer.size for layer in loaded.model.layers] == [1, 2]
        assert loaded.learn.out == learn.out
    assert from_task_dir(folder_of(evaluate)).__identifier__() == evaluate.__identifier__()


def test_a_run(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    evaluate = submit(Evaluate.C(model=model, learn=learn), tmp_path)
    run = record_run(tmp_path, learn, evaluate)
    with (run / "objects.jsonl").open("a") as objects:
        objects.write('{"id": 99, "module"')  # its writer is at it
    shutil.rmtree(tmp_path / "jobs")
    info = load_xp_info(run)
    assert sorted(info.jobs) == sorted(folder_of(task).name for task in (learn, evaluate))
    assert info.jobs[folder_of(evaluate).name].learn is info.jobs[folder_of(learn).name]
    assert info.actions == {}
    with pytest.raises(FileNotFoundError):
        load_xp_info(tmp_path)


def test_each_object_of_a_run_is_written_once(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    evaluate = submit(Evaluate.C(model=model, learn=learn), tmp_path)
    writer = ObjectWriter()
    first, second = writer.records(learn), writer.records(evaluate)
    assert [record["type"] for record in first] == ["Layer", "Layer", "Model", "Learn"]
    assert [record["type"] for record in second] == ["Evaluate"]
    assert second[0]["id"] == writer.id_of(evaluate)
    assert writer.records(evaluate) == []
    assert "tags" not in first[-1]


def test_ids_that_are_used_again(tmp_path: Path) -> None:
    """As release 2.x does, once the object that had the id is gone."""
    folder = tmp_path / "run"
    folder.mkdir()
    lines, jobs = [], []
    for size in (1, 2):
        learn = submit(Learn.C(model=Model.C(layers=[Layer.C(size=size)])), tmp_path)
        lines += [json.dumps(record) for record in ObjectWriter().records(learn)]
        jobs.append(json.dumps({"job_id": folder_of(learn).name}))
    (folder / "objects.jsonl").write_text("\n".join([*lines, ""]))
    (folder / "jobs.jsonl").write_text("\n".join([*jobs, ""]))
    info = load_xp_info(folder)
    assert [task.model.layers[0].size for task in info.jobs.values()] == [1, 2]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DefinitionNotFoundError, match=r"params\.json"):
        from_task_dir(tmp_path)
    with pytest.raises(FileNotFoundError):
        load_task(tmp_path / "nowhere" / "params.json")


def test_a_version_of_the_future(tmp_path: Path) -> None:
    task = submit(Chain.C(number=1), tmp_path)
    document = document_of(task)
    document["version"] = 4
    (folder_of(task) / "params.json").write_text(json.dumps(document))
    with pytest.raises(VersionError, match=r"version 4 .* reads versions 1 to 3"):
        from_task_dir(folder_of(task))


def test_tags_of_what_was_loaded(tmp_path: Path) -> None:
    _, model = learned(tmp_path, epochs=tag(7))
    evaluate = submit(Evaluate.C(model=model), tmp_path)
    assert tags(from_task_dir(folder_of(evaluate))) == {"epochs": 7}


def test_a_task_loads_again_after_it_was_loaded(tmp_path: Path) -> None:
    learn, model = learned(tmp_path)
    loaded = from_task_dir(folder_of(learn))
    loaded.__xpm__.job = learn.__xpm__.job
    write_parameters(loaded, tmp_path)
    again = from_task_dir(folder_of(learn))
    assert again.__identifier__() == learn.__identifier__()
    assert again.model == model


def test_a_job_pays_for_nothing_it_does_not_need(tmp_path: Path) -> None:
    """What a job's process imports to load its task."""
    learn, _ = learned(tmp_path)
    program = (
        "import sys; from pathlib import Path; from xpm_serialize import load_task\n"
        "sys.path.insert(0, sys.argv[2]); load_task(Path(sys.argv[1]))\n"
        "print([n for n in ('attr', 'attrs', 'inspect', 'dataclasses', 'docstring_parser', "
        "'logging', 'subprocess', 'tempfile') if n in sys.modules])"
    )
    modules = Path(__file__).parents[1] / "modules"
    arguments = [str(folder_of(learn) / "params.json"), str(modules)]
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"
