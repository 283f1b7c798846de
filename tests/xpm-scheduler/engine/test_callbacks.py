"""Plans that are called back: dynamic outputs, and the ends of tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xpm_config import DirectoryContext
from xpm_scheduler import Job, JobState, RunMode, experiment


def _learn(tmp_path: Path, *, called: list[int], **arguments: Any) -> tuple[Any, Any]:
    """Run a task with outputs, each evaluated by a task of its own."""
    from lasting import Checkpoint, Evaluate, Learn, Validation

    def evaluate(checkpoint: Checkpoint) -> None:
        called.append(checkpoint.step)
        Evaluate.C(checkpoint=checkpoint, journal=tmp_path / "journal").submit()

    with experiment(tmp_path, "learn") as xp:
        learn = Learn.C(validation=Validation.C(every=1), **arguments)
        learn.watch_output(learn.validation.checkpoint, evaluate)
        learn.submit()
        learn.watch_output(learn.final, evaluate)
    return xp, learn


def test_a_plan_is_told_of_each_output_and_waits_for_what_it_submits(tmp_path: Path) -> None:
    called: list[int] = []
    xp, learn = _learn(tmp_path, called=called, steps=3)
    assert not xp.failed
    assert sorted(called) == [-1, 0, 1, 2]
    assert len(xp.jobs) == 5
    assert sorted((tmp_path / "journal").read_text().split()) == ["-1", "0", "1", "2"]
    # The file is as release 2.x writes it: a key, arguments, named arguments.
    lines = (learn.jobpath / ".experimaestro" / "task-outputs.jsonl").read_text().splitlines()
    key = f"{learn.validation.__xpm__.identifier}/checkpoint"
    assert json.loads(lines[0]) == {"key": key, "args": [], "kwargs": {"step": 0}}


def test_past_outputs_are_told_again_and_nothing_is_run_again(tmp_path: Path) -> None:
    called: list[int] = []
    _learn(tmp_path, called=called, steps=3)
    xp, learn = _learn(tmp_path, called=called, steps=3)
    assert sorted(called) == sorted([-1, 0, 1, 2] * 2)
    assert learn.job.found_done
    assert xp.counts.before == 5
    assert len((tmp_path / "journal").read_text().split()) == 4


def test_outputs_of_all_executions_are_told_each_once(tmp_path: Path) -> None:
    called: list[int] = []
    xp, learn = _learn(tmp_path, called=called, steps=5, at_once=3)
    assert not xp.failed
    assert learn.job.retry_count == 2
    # The second execution has begun with the last step of the first.
    assert sorted(called) == [-1, 0, 1, 2, 3, 4]


def test_what_uses_an_output_does_not_wait_for_the_end(tmp_path: Path) -> None:
    from lasting import Checkpoint, Evaluate, Learn, Validation
    from sample import wait_for

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    jobs: list[Job] = []

    def evaluate(checkpoint: Checkpoint) -> None:
        task = Evaluate.C(checkpoint=checkpoint, journal=journal).submit()
        assert checkpoint.__xpm__.task is learn
        jobs.append(task.job)

    with experiment(tmp_path, "learn") as xp:
        learn = Learn.C(validation=Validation.C(every=1), steps=1, gate=gate)
        learn.watch_output(learn.validation.checkpoint, evaluate)
        learn.submit()
        wait_for(journal)
        jobs[0].wait()
        assert not learn.job.state.finished()
        gate.touch()
    assert not xp.failed
    assert jobs[0].dependencies == []


def test_outputs_recorded_by_release_2_are_told(tmp_path: Path) -> None:
    called: list[int] = []
    _, learn = _learn(tmp_path, called=called, steps=1)
    outputs = learn.jobpath / ".experimaestro" / "task-outputs.jsonl"
    record = {"key": f"{learn.job.identifier}/checkpoint", "args": [], "kwargs": {"step": 7}}
    outputs.write_text(json.dumps(record) + "\n{not json\n")
    called.clear()
    xp, _ = _learn(tmp_path, called=called, steps=1)
    assert not xp.failed
    assert called == [7]


def test_completion_is_told_once_for_each_callback_however_late(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    calls: list[str] = []
    with experiment(tmp_path, "ends") as xp:
        task = Note.C(number=1, journal=journal)
        task.on_completed(lambda: calls.append("before"))
        task.submit()
        task.on_completed(lambda: calls.append("after"))
        task.wait()
        task.on_completed(lambda: Note.C(number=2, journal=journal).submit())
        failing = Note.C(number=3, journal=journal, fail=True).submit()
        failing.on_completed(lambda: calls.append("never"))
    task.on_completed(lambda: calls.append("late"))
    assert calls == ["before", "after", "late"]
    assert len(xp.jobs) == 3
    assert failing.job.state == JobState.ERROR


def test_a_callback_that_fails_is_reported_and_all_else_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lasting import Note

    journal = tmp_path / "journal"

    def fail() -> None:
        raise ValueError("of the plan's own doing")

    with experiment(tmp_path, "ends") as xp:
        task = Note.C(number=1, journal=journal).submit()
        task.on_completed(fail)
        task.on_completed(lambda: Note.C(number=2, journal=journal).submit())
    assert xp.failed
    assert xp.counts.done == 2
    assert "of the plan's own doing" in capsys.readouterr().err


def test_callbacks_submit_in_the_experiment_that_registered_them(tmp_path: Path) -> None:
    from lasting import Note

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    with experiment(tmp_path / "one", "outer") as outer:
        task = Note.C(number=1, journal=journal, gate=gate).submit()
        task.on_completed(lambda: Note.C(number=2, journal=journal).submit())
        with experiment(tmp_path / "two", "inner") as inner:
            gate.touch()
            task.wait()
            outer.wait()
    assert len(outer.jobs) == 2
    assert len(inner.jobs) == 0


def test_only_methods_of_configurations_are_watched(tmp_path: Path) -> None:
    from lasting import Learn, Validation

    learn = Learn.C(validation=Validation.C(every=1), steps=1)
    with pytest.raises(TypeError, match="expected a method of a configuration"):
        learn.watch_output(print, print)
    learn.submit(run_mode=RunMode.DRY_RUN)


def test_a_task_that_is_executed_by_hand_may_register_outputs(tmp_path: Path) -> None:
    from lasting import Learn, Validation

    learn = Learn.C(validation=Validation.C(every=1), steps=1)
    learn.instance(DirectoryContext(tmp_path)).execute()
    assert (tmp_path / "first").read_text() == "0"


def test_a_callback_is_told_that_it_cannot_wait_for_itself(tmp_path: Path) -> None:
    from lasting import Note

    with experiment(tmp_path, "ends") as xp:
        task = Note.C(number=1, journal=tmp_path / "journal").submit()
        task.on_completed(xp.wait)
    assert xp.other_failures
    assert "a callback cannot wait for the experiment" in xp.other_failures[0]
