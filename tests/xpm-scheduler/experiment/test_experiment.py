"""Experiments, run for real: jobs are processes, results are files."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from xpm_config import tag
from xpm_scheduler import (
    DirtyGitAction,
    DirtyGitError,
    FailedExperiment,
    Job,
    JobFailureStatus,
    JobState,
    LevelInformation,
    Listener,
    RunMode,
    SubmissionError,
    Workspace,
    experiment,
)
from xpm_scheduler.exceptions import GracefulExperimentExit


def _snapshot(folder: Path) -> dict[str, int]:
    """All files below a folder, with their times of change."""
    return {
        str(path.relative_to(folder)): path.lstat().st_mtime_ns
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_tasks_run_in_the_order_of_their_dependencies(tmp_path: Path) -> None:
    from sample import Add, Total

    with experiment(tmp_path, "sums") as xp:
        parts = [Add.C(x=n, y=1).submit() for n in range(4)]
        total = Total.C(parts=parts).submit()
    assert not xp.failed
    assert total.out.read_text() == "10"
    assert total.jobpath == tmp_path / "jobs" / "sample.total" / str(total.__xpm__.identifier)
    assert total.job.state == JobState.DONE
    assert {d.origin for d in total.job.dependencies} == {part.job for part in parts}


def test_the_output_of_a_task_may_be_another_configuration(tmp_path: Path) -> None:
    from sample import Build, Use

    with experiment(tmp_path, "models"):
        model = Build.C(size=12).submit()
        use = Use.C(model=model).submit()
    assert use.out.read_text() == "12"


def test_equal_tasks_are_one_job(tmp_path: Path) -> None:
    from sample import Step

    journal = tmp_path / "journal"
    with experiment(tmp_path, "steps") as xp:
        one = Step.C(number=1, journal=journal).submit()
        two = Step.C(number=1, journal=journal).submit()
        assert one is not two
        assert one.job is two.job
    assert len(xp.jobs) == 1
    assert journal.read_text() == "begin 1\nend 1\n"


def test_what_is_done_is_not_run_again_and_not_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sample import Step

    journal = tmp_path / "journal"

    def plan() -> None:
        with experiment(tmp_path / "ws", "steps"):
            first = Step.C(number=1, journal=journal).submit()
            Step.C(number=2, journal=journal, before=[first]).submit()

    plan()
    before = _snapshot(tmp_path / "ws" / "jobs")
    plan()
    assert _snapshot(tmp_path / "ws" / "jobs") == before
    assert len(journal.read_text().splitlines()) == 4
    assert "2 tasks: 2 done (2 before)" in capsys.readouterr().err


def test_a_failure_is_told_with_its_reason_its_log_and_what_it_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sample import Add, Fail, Needs

    with experiment(tmp_path, "failing") as xp:
        good = Add.C(x=1).submit()
        cause = Fail.C(message="out of luck", parts=[good]).submit()
        needs = Needs.C(cause=cause).submit()
    assert xp.failed
    assert good.job.state == JobState.DONE
    assert cause.job.state.failure_reason is JobFailureStatus.FAILED
    assert needs.job.state.failure_reason is JobFailureStatus.DEPENDENCY
    assert not needs.jobpath.exists()
    assert json.loads(cause.job.failedpath.read_text()) == {
        "code": 1,
        "reason": "failed",
        "message": "RuntimeError: out of luck",
    }
    printed = capsys.readouterr().err
    assert "3 tasks: 1 done, 1 failed, 1 not started" in printed
    assert "RuntimeError: out of luck" in printed
    assert str(cause.stderr()) in printed
    assert "| about to fail" in printed
    assert f"not started because fail {cause.job.identifier[:8]}" in printed
    states = json.loads((xp.workdir / "status.json").read_text())
    assert states["status"] == "failed"
    assert states["job_states"][cause.job.identifier] == "error:FAILED"
    assert states["job_states"][needs.job.identifier] == "unscheduled"


def test_a_failed_task_is_run_again_by_the_next_submission(tmp_path: Path) -> None:
    from sample import Leave

    for _ in range(2):
        with experiment(tmp_path, "leaving"):
            task = Leave.C(code=7).submit()
        assert task.job.state == JobState.ERROR
        assert task.job.failedpath.exists()
        marker = json.loads(task.job.failedpath.read_text())
        assert marker["code"] == 7
    (task.jobpath / "left over").touch()
    with experiment(tmp_path, "leaving"):
        Leave.C(code=7).submit()
    assert not (task.jobpath / "left over").exists(), "the folder is cleaned before a new run"


def test_a_job_that_is_killed_is_a_failed_job(tmp_path: Path) -> None:
    from sample import Kill

    with experiment(tmp_path, "killed") as xp:
        task = Kill.C().submit()
    assert xp.failed
    assert task.job.state.is_error()
    assert not task.job.pidpath.exists()


def test_a_cancelled_job_ends_as_cancelled(tmp_path: Path) -> None:
    from sample import Kill

    with experiment(tmp_path, "cancelled"):
        task = Kill.C(number=15).submit()
    assert task.job.state.failure_reason is JobFailureStatus.CANCELLED


def test_leaving_can_raise(tmp_path: Path) -> None:
    from sample import Fail

    with pytest.raises(FailedExperiment, match="1 tasks failed"):
        with experiment(tmp_path, "failing", on_failure="raise"):
            Fail.C(message="no").submit()


def test_a_task_sees_its_folder_tags_environment_and_init_tasks(tmp_path: Path) -> None:
    from sample import Setting, Surroundings

    with experiment(tmp_path, "around") as xp:
        xp.setenv("SAMPLE_VARIABLE", "from the plan")
        task = Surroundings.C(n=tag(3)).submit(init_tasks=[Setting.C(value="set before")])
    assert task.job.state == JobState.DONE, task.stderr().read_text()
    cwd, taskdir, tags, setting, variable = (task.jobpath / "seen.txt").read_text().splitlines()
    assert cwd == taskdir == str(task.jobpath)
    assert tags == "{'n': 3}"
    assert setting == "set before"
    assert variable == "from the plan"
    assert task.stdout().read_text() == "to the output\n"
    assert "to the error" in task.stderr().read_text()


def test_the_records_of_a_run(tmp_path: Path) -> None:
    from sample import Add, Total

    with experiment(tmp_path, "records") as xp:
        part = Add.C(x=tag(1)).submit()
        total = Total.C(parts=[part]).submit()
        assert xp.resultspath.is_dir()
    run = xp.workdir
    assert run.parent == tmp_path / "experiments" / "records"
    assert (run.parent / "current").resolve() == run
    assert (tmp_path / ".__experimaestro__").exists()
    jobs = _lines(run / "jobs.jsonl")
    assert [(line["task_id"], line["tags"]) for line in jobs] == [
        ("sample.add", {"x": 1}),
        ("sample.total", {"x": 1}),
    ]
    objects = _lines(run / "objects.jsonl")
    assert {line["identifier"] for line in objects} >= {line["job_id"] for line in jobs}
    for task in (part, total):
        link = run / "jobs" / task.job.task_id / task.job.identifier
        assert link.resolve() == task.jobpath
    status = json.loads((run / "status.json").read_text())
    assert status["status"] == "done"
    assert set(status["job_states"].values()) == {"done"}
    events = _lines(run / "events" / "event-0.jsonl")
    states = [e["scheduler_state"] for e in events if e.get("job_id") == total.job.identifier]
    assert states == ["submitted", "waiting", "ready", "scheduled", "running", "done"]
    environment = json.loads((run / "environment.json").read_text())
    assert "attrs" in environment["packages"]
    params = json.loads((total.jobpath / "params.json").read_text())
    assert params["version"] == 3
    assert params["tags"] == {"x": 1}
    assert params["objects"][-1]["identifier"] == total.job.identifier
    own = json.loads((total.jobpath / ".experimaestro" / "status.json").read_text())
    assert own["state"] == "done"
    assert not total.job.pidpath.exists(), "the claim is for active jobs"


def test_old_runs_are_removed(tmp_path: Path) -> None:
    from sample import Fail

    for _ in range(7):
        with experiment(tmp_path, "history"):
            pass
    runs = [p for p in (tmp_path / "experiments" / "history").iterdir() if not p.is_symlink()]
    assert len([p for p in runs if p.is_dir()]) == 5
    with experiment(tmp_path, "history") as failed:
        Fail.C(message="once").submit()
    assert failed.workdir.exists()
    with experiment(tmp_path, "history"):
        pass
    assert not failed.workdir.exists(), "a success removes the failures before it"


def test_a_dry_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sample import Add, Total

    with experiment(tmp_path / "ws", "dry", run_mode=RunMode.DRY_RUN):
        part = Add.C(x=tag(1)).submit()
        total = Total.C(parts=[part]).submit()
    assert not (tmp_path / "ws").exists()
    printed = capsys.readouterr().err.splitlines()
    assert printed == [
        f"sample.add/{part.__xpm__.identifier} (x=1)",
        f"sample.total/{total.__xpm__.identifier} (x=1)",
    ]
    assert total.out == total.jobpath / "total.txt"


def test_folders_can_be_generated_and_run_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sample import Add

    with experiment(tmp_path, "generated", run_mode=RunMode.GENERATE_ONLY):
        task = Add.C(x=20, y=3).submit()
    assert "1 task: 1 generated" in capsys.readouterr().err
    assert (task.jobpath / "params.json").exists()
    assert not task.out.exists()
    subprocess.run([sys.executable, str(task.jobpath / "add.py")], check=True, timeout=30)
    assert task.out.read_text() == "23"
    assert task.job.donepath.exists()


def test_submitting_outside_an_experiment_is_refused(tmp_path: Path) -> None:
    from sample import Add

    with pytest.raises(SubmissionError, match="inside an experiment"):
        Add.C(x=1).submit()
    dry = Add.C(x=1).submit(run_mode=RunMode.DRY_RUN)
    assert dry.out.name == "sum.txt"
    with pytest.raises(SubmissionError, match="was not submitted"):
        _ = Add.C(x=1).job


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\nb"])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="expected a name that a folder can have"):
        experiment(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_body_goes_through_and_stops_submission(tmp_path: Path) -> None:
    from sample import Add

    with pytest.raises(KeyError, match="mine"), experiment(tmp_path, "broken") as xp:
        Add.C(x=1).submit()
        raise KeyError("mine")
    assert json.loads((xp.workdir / "status.json").read_text())["status"] == "failed"
    with experiment(tmp_path, "broken") as xp:
        raise GracefulExperimentExit
    with experiment(tmp_path, "broken") as again:
        task = Add.C(x=1).submit()
    assert task.out.read_text() == "1"
    assert not again.failed


def test_experiments_nest_and_share_jobs(tmp_path: Path) -> None:
    from sample import Step

    journal = tmp_path / "journal"
    with experiment(tmp_path / "ws", "outer") as outer:
        one = Step.C(number=1, journal=journal, seconds=0.2).submit()
        with experiment(tmp_path / "ws", "inner") as inner:
            assert experiment.current() is inner
            two = Step.C(number=1, journal=journal, seconds=0.2).submit()
            assert two.job is one.job
        assert experiment.current() is outer
    assert experiment.CURRENT is None
    assert journal.read_text() == "begin 1\nend 1\n"
    assert {line["job_id"] for line in _lines(inner.workdir / "jobs.jsonl")} == {one.job.identifier}


def test_waiting_for_one_task(tmp_path: Path) -> None:
    from sample import Add, Fail

    with experiment(tmp_path, "waiting") as xp:
        good = Add.C(x=4).submit()
        assert good.wait()
        assert good.out.read_text() == "4"
        bad = Fail.C(message="no").submit()
        assert not bad.wait()
        xp.wait()
        # Submitted again in the same run, it is tried again.
        again = Fail.C(message="no").submit()
        assert not again.wait()
        assert again.job is not bad.job
    assert xp.counts.jobs == len(xp.jobs) == 2


def test_no_more_jobs_than_processors_run_at_once(tmp_path: Path) -> None:
    from sample import Step

    journal = tmp_path / "journal"
    with experiment(tmp_path / "ws", "many"):
        for number in range(20):
            Step.C(number=number, journal=journal, seconds=0.02).submit()
    running = most = 0
    for line in journal.read_text().splitlines():
        running += 1 if line.startswith("begin") else -1
        most = max(most, running)
    assert most <= len(os.sched_getaffinity(0))


_SCRIPT = """\
import sys
from pathlib import Path
from xpm_config import Meta, Param, PathGenerator, field
from xpm_scheduler import Task, experiment


class Square(Task):
    x: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("square.txt"))

    def execute(self) -> None:
        self.out.write_text(str(self.x * self.x))


{guard}
    with experiment(sys.argv[1], "script") as xp:
        tasks = [Square.C(x=x).submit() for x in (2, 3)]
    print([task.out.read_text() for task in tasks if task.out.exists()], xp.failed)
"""


def test_tasks_of_a_script(tmp_path: Path) -> None:
    script = tmp_path / "plan.py"
    script.write_text(_SCRIPT.format(guard='if __name__ == "__main__":'))
    command = [sys.executable, str(script), str(tmp_path / "ws")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout == "['4', '9'] False\n", done.stderr


def test_a_script_without_guard_fails_at_once_and_says_how_to_mend_it(tmp_path: Path) -> None:
    script = tmp_path / "plan.py"
    script.write_text(_SCRIPT.format(guard="if True:"))
    command = [sys.executable, str(script), str(tmp_path / "ws")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout == "[] True\n"
    assert f"{script}:16: the experiment 'script' was opened while a job loads" in done.stderr
    assert '`if __name__ == "__main__":`' in done.stderr


def test_a_damaged_file_fails_its_job_alone(tmp_path: Path) -> None:
    from sample import Add

    with experiment(tmp_path, "damaged", run_mode=RunMode.GENERATE_ONLY):
        damaged = Add.C(x=1).submit()
    damaged.job.pidpath.write_text("{not json")
    with experiment(tmp_path, "damaged") as xp:
        damaged = Add.C(x=1).submit()
        good = Add.C(x=2).submit()
    assert good.out.read_text() == "2"
    assert damaged.job.state.is_error()
    assert str(damaged.job.pidpath) in damaged.job.message
    assert xp.failed


def test_the_launcher_of_a_workspace_can_be_set(tmp_path: Path) -> None:
    from sample import Add

    from xpm_launchers import DirectLauncher, LocalConnector

    launcher = DirectLauncher(LocalConnector.instance(), spawn=True)
    with experiment(tmp_path, "spawned") as xp:
        Workspace.set_launcher(launcher)
        assert xp.workspace.launcher is launcher
        task = Add.C(x=5).submit()
    assert task.out.read_text() == "5"


def _git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    subprocess.run(["git", *identity, "-C", str(folder), *arguments], check=True)


def test_the_state_of_the_code_is_recorded_and_can_be_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = tmp_path / "code"
    (code / "inside").mkdir(parents=True)
    (code / "plan.py").write_text("first")
    _git(code, "init", "--quiet", "--initial-branch=main")
    _git(code, "add", ".")
    _git(code, "commit", "--quiet", "--message", "Say something")

    def run(action: DirtyGitAction | str) -> dict[str, Any]:
        paths = [code / "inside", tmp_path]
        with experiment(tmp_path / "ws", "git", project_paths=paths, dirty_git=action) as xp:
            pass
        environment = json.loads((xp.workdir / "environment.json").read_text())
        (project,) = environment["projects"]
        assert isinstance(project, dict)
        return project

    clean = run("error")
    assert clean["path"] == str(code)
    assert clean["branch"] == "main"
    assert clean["message"] == "Say something"
    assert len(clean["commit"]) == 40
    assert not clean["dirty"]
    (code / "plan.py").write_text("second")
    capsys.readouterr()
    with pytest.raises(DirtyGitError, match=r"uncommitted changes in .*code; commit them"):
        run(DirtyGitAction.ERROR)
    assert run("warn")["dirty"]
    assert "git: the code has uncommitted changes in" in capsys.readouterr().err
    assert run("ignore")["dirty"]
    assert "uncommitted" not in capsys.readouterr().err


def test_a_task_is_waited_for_through_its_information_too(tmp_path: Path) -> None:
    from sample import Add

    task = Add.C(x=1)
    with pytest.raises(ValueError, match="was not submitted"):
        task.__xpm__.wait()
    with experiment(tmp_path, "wait"):
        task.submit()
        assert task.__xpm__.wait()


def test_a_job_tells_how_far_it_is(tmp_path: Path) -> None:
    from sample import Slow, wait_for

    gate = tmp_path / "gate"
    with experiment(tmp_path, "progress"):
        job = Slow.C(gate=gate).submit().job
        assert job.progress == []
        wait_for(tmp_path / "gate.half")
        assert job.progress == [LevelInformation(0, "half", 0.5), LevelInformation(1, None, 0.25)]
        gate.touch()


def test_listeners_are_told_what_happens(tmp_path: Path) -> None:
    from sample import Add

    calls: list[str] = []

    class Teller(Listener):
        def job_submitted(self, job: Job) -> None:
            calls.append(f"submitted {job.name}")

        def on_job_state_changed(self, job: Job) -> None:
            calls.append(job.state.name)

    teller = Teller()
    with experiment(tmp_path, "told") as xp:
        xp.scheduler.addlistener(teller)
        Add.C(x=1).submit()
        xp.wait()
        xp.scheduler.removelistener(teller)
        Add.C(x=2).submit()
    assert calls == ["submitted add", "READY", "SCHEDULED", "RUNNING", "DONE"]


def test_the_garbage_collector_is_left_as_it_was(tmp_path: Path) -> None:
    before = gc.get_threshold()
    with experiment(tmp_path, "outer"):
        assert gc.get_threshold()[:2] == before[:2]
        with experiment(tmp_path, "inner"):
            pass
    assert gc.get_threshold() == before
    with experiment(tmp_path, "outer"):
        gc.set_threshold(123, 4, 5)
    try:
        assert gc.get_threshold() == (123, 4, 5)
    finally:
        gc.set_threshold(*before)
