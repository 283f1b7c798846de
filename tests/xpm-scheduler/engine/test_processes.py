"""Tasks that fork, scripts whose classes are pickled, plans in several threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from xpm_scheduler import (
    GracefulExperimentExit,
    JobState,
    RunMode,
    TransientMode,
    experiment,
)


def test_a_task_may_use_a_pool_of_processes(tmp_path: Path) -> None:
    from forking import Pooled

    with experiment(tmp_path, "pools") as xp:
        tasks = [Pooled.C(number=number).submit() for number in range(2, 18)]
    assert not xp.failed
    for task in tasks:
        assert task.out.read_text() == str(sum(n * n for n in range(task.number)))
        assert task.stderr().read_text() == ""


@pytest.mark.parametrize("child_fails", [False, True])
def test_a_forked_child_does_not_end_the_job(tmp_path: Path, child_fails: bool) -> None:
    from forking import Forked

    with experiment(tmp_path, "forks"):
        task = Forked.C(child_fails=child_fails).submit()
    assert "the parent fails" in task.job.message
    assert not task.job.donepath.exists()


def test_the_rank_of_the_plan_is_not_that_of_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sample import Add

    monkeypatch.setenv("SLURM_PROCID", "1")
    with experiment(tmp_path, "ranks") as xp:
        task = Add.C(x=1).submit()
    assert not xp.failed
    assert (task.jobpath / ".experimaestro" / "attempt.json").read_text().count('"taken": {') == 1


def test_each_thread_submits_to_the_experiment_that_it_has_opened(tmp_path: Path) -> None:
    from sample import Add

    opened, submitted = threading.Barrier(2), threading.Barrier(2)
    counts: dict[str, int] = {}

    def plan(name: str, number: int) -> None:
        with experiment(tmp_path, name) as xp:
            opened.wait(30)
            Add.C(x=number).submit()
            submitted.wait(30)
        counts[name] = len(xp.jobs)

    threads = [threading.Thread(target=plan, args=(f"plan{n}", n)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == {"plan0": 1, "plan1": 1}


def test_what_an_experiment_has_left_running_is_taken_over_by_the_next(tmp_path: Path) -> None:
    from lasting import Note
    from sample import wait_for

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    with experiment(tmp_path, "left"):
        below = Note.C(number=1, journal=journal, gate=gate).submit()
        middle = Note.C(number=2, journal=journal, needs=[below]).submit()
        wait_for(journal)
        raise GracefulExperimentExit
    with experiment(tmp_path, "next") as xp:
        top = Note.C(number=3, journal=journal, needs=[middle]).submit()
        gate.touch()
    assert not xp.failed
    assert len(xp.jobs) == 3
    assert top.job.state == middle.job.state == below.job.state == JobState.DONE
    lines = journal.read_text().splitlines()
    assert lines == ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]


def test_a_failed_task_is_run_again_when_the_same_object_is_submitted(tmp_path: Path) -> None:
    from lasting import Note

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    calls: list[str] = []
    with experiment(tmp_path, "first"):
        task = Note.C(number=1, journal=journal, fail=True)
        task.on_completed(lambda: calls.append("done"))
        task.submit()
        task.wait()
        task.submit()
        task.wait()
    assert journal.read_text().count("begin") == 2
    with experiment(tmp_path, "second") as xp:
        task.__xpm__.values["fail"] = False  # as if what it reads were mended
        task.submit()
        top = Note.C(number=2, journal=journal, needs=[task]).submit()
    assert not xp.failed
    assert calls == ["done"]
    assert top.job.state == JobState.DONE
    gate.touch()


def test_a_failure_of_an_earlier_experiment_is_not_held_against_what_needs_it(
    tmp_path: Path,
) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "first"):
        below = Note.C(number=1, journal=journal, fail=True).submit()
    below.__xpm__.values["fail"] = False
    with experiment(tmp_path, "second") as xp:
        Note.C(number=2, journal=journal, needs=[below]).submit()
    assert not xp.failed
    assert below.job.state == JobState.DONE


def test_what_cannot_be_meant_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    from sample import Add

    with experiment(tmp_path, "wrong") as xp:
        with pytest.raises(TypeError, match=r"transient: expected one of .*REMOVE, got 'REMOVE'"):
            Add.C(x=1).submit(transient="REMOVE")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="max_retries: expected a number"):
            Add.C(x=1).submit(max_retries=0)
        with pytest.raises(TypeError, match="launcher: expected a launcher"):
            Add.C(x=1).submit(launcher="direct")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"init_tasks: expected .* got 3"):
            Add.C(x=1).submit(init_tasks=[3])  # type: ignore[list-item]
        with pytest.raises(ValueError, match="run_mode: expected one of dry-run, generate"):
            Add.C(x=1).submit(run_mode="dry")  # type: ignore[arg-type]
        task = Add.C(x=1).submit(run_mode="DRY_RUN")  # type: ignore[arg-type]
        assert task.job.run_mode is RunMode.DRY_RUN
        done = Add.C(x=2).submit(transient=TransientMode.NONE)
        with pytest.raises(AttributeError, match="was submitted"):
            done.add_dependencies(task)
    assert len(xp.jobs) == 1
    with pytest.raises(ValueError, match="dirty_git: expected one of ignore, warn, error"):
        experiment(tmp_path, "wrong", dirty_git="perhaps")


SCRIPT = """
import pickle, sys
from pathlib import Path
from xpm_config import Meta, Param, PathGenerator, field
from xpm_scheduler import Task, experiment

class Model:
    weight = 1

class Fit(Task):
    out: Meta[Path] = field(default_factory=PathGenerator("model.pkl"))
    def execute(self):
        import multiprocessing
        self.out.write_bytes(pickle.dumps(Model()))

class Use(Task):
    fit: Param[Fit]
    def execute(self):
        import multiprocessing
        print(pickle.loads(self.fit.out.read_bytes()).weight)

if __name__ == "__main__":
    with experiment(sys.argv[1], "pickles") as xp:
        fit = Fit.C().submit()
        use = Use.C(fit=fit).submit()
    print(use.stdout().read_text(), pickle.loads(fit.out.read_bytes()).weight)
"""


@pytest.mark.parametrize("first", ["", "import multiprocessing\n"])
def test_objects_of_a_script_are_pickled_from_job_to_job_and_to_the_plan(
    tmp_path: Path, first: str
) -> None:
    script = tmp_path / "plan.py"
    script.write_text(first + SCRIPT)
    command = [sys.executable, str(script), str(tmp_path / "workspace")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["1", "1"], done.stderr


def test_equal_tasks_that_were_left_are_taken_over_as_one(tmp_path: Path) -> None:
    from lasting import Note
    from sample import wait_for

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    with experiment(tmp_path, "left"):
        one = Note.C(number=1, journal=journal, gate=gate).submit()
        two = Note.C(number=1, journal=journal, gate=gate).submit()
        by_hand = Note.C(number=2, journal=journal).add_dependencies(one.job).submit()
        wait_for(journal)
        raise GracefulExperimentExit
    with experiment(tmp_path, "next") as xp:
        top = Note.C(number=3, journal=journal, needs=[one, two, by_hand]).submit()
        two.submit()
        assert two.job is one.job
        gate.touch()
    assert not xp.failed
    assert len(xp.jobs) == 3
    assert top.job.state == two.job.state == JobState.DONE
    assert journal.read_text().count("begin") == 3


def test_an_equal_task_that_failed_is_run_again_each_time(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "fails"):
        one = Note.C(number=1, journal=journal, fail=True).submit()
        two = Note.C(number=1, journal=journal, fail=True).submit()
        assert not one.wait()
        for task in (one, two, two, one):
            task.submit()
            assert not task.wait()
    assert journal.read_text().count("begin") == 5
