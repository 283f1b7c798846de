"""Readers of a workspace see what is so: while a driver runs, when it is gone, and over damage."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from driver_tools import seeded, wait_until
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import Add

from xpm_scheduler import JobFailureStatus, JobState, RunMode, WorkspaceError, experiment
from xpm_scheduler._state.fold import Fold
from xpm_scheduler._state.snapshot import Snapshot, dump_snapshot
from xpm_scheduler.state import (
    ExperimentStatus,
    JobRecord,
    RunState,
    WorkspaceState,
    WorkspaceStateProvider,
)

MODULES = Path(__file__).parents[1] / "modules"
DATA = Path(__file__).parents[2] / "data"
RUN = "20260101_120000"


# ------------------------------------------------------------------ a driver that is watched


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A driver whose task `slow` waits for a file; its workspace is in the same folder."""
    command = [sys.executable, str(MODULES / "watched_plan.py"), str(tmp_path / "ws")]
    driver = subprocess.Popen([*command, str(tmp_path / "gate")], stderr=subprocess.DEVNULL)
    yield driver
    (tmp_path / "gate").touch()
    if driver.poll() is None:
        driver.kill()
    driver.wait()


def open_run(tmp_path: Path) -> RunState:
    """The run of the driver, once it is there."""

    def there() -> bool:
        return (tmp_path / "ws" / "experiments" / "watched" / "current").exists()

    wait_until(there)
    return WorkspaceState(tmp_path / "ws").run("watched")


def until_slow_runs(run: RunState) -> None:
    """Wait until all has ended but the task that waits."""

    def settled() -> bool:
        run.refresh()
        return run.counts() == {"done": 1, "error": 2, "running": 1, "waiting": 1}

    wait_until(settled)


def by_task(run: RunState) -> dict[str, JobRecord]:
    """The jobs of the plan in the order of submission, under its names."""
    return dict(zip(("quick", "bad", "after", "slow", "last"), run.jobs.values(), strict=True))


def test_a_reader_follows_a_driver(tmp_path: Path, watched: subprocess.Popen[bytes]) -> None:
    run = open_run(tmp_path)
    seen: dict[str, list[str]] = {}
    for changes in run.follow(interval=0.01, timeout=30):
        for record in changes.jobs:
            seen.setdefault(record.job_id, []).append(record.state.value)
        jobs = list(run.jobs.values())
        if len(jobs) == 5 and jobs[3].state == JobState.RUNNING:
            assert run.alive
            assert not run.interrupted
            (tmp_path / "gate").touch()
    assert watched.wait() == 0
    assert run.status is ExperimentStatus.FAILED
    assert run.ended is not None
    assert run.run_tags == ["first"]
    assert run.problems == []
    jobs_by_name = by_task(run)
    assert [each.state.value for each in jobs_by_name.values()] == [
        *("done", "error", "error", "done", "done")
    ]
    assert all(states[-1] in ("done", "error") for states in seen.values())


def test_records_say_what_happened(tmp_path: Path, watched: subprocess.Popen[bytes]) -> None:
    run = open_run(tmp_path)
    until_slow_runs(run)
    quick, bad, after, slow, last = by_task(run).values()
    assert quick.tags == {"kind": "short"}
    assert quick.name == "step"
    assert quick.path.is_dir()
    times = [quick.submitted, quick.started, quick.ended]
    known = [time for time in times if time is not None]
    assert known == times == sorted(known)
    assert bad.failure_reason is JobFailureStatus.FAILED
    assert bad.message == "ValueError: as it was told"
    assert bad.exit_code == 1
    assert after.failure_reason is JobFailureStatus.DEPENDENCY
    assert after.blame == bad.locator
    assert after.depends_on == [bad.job_id]
    assert last.depends_on == [slow.job_id]
    wait_until(lambda: len(slow.progress) == 2)
    assert slow.progress == [
        {"level": 0, "progress": 0.5, "desc": "half"},
        {"level": 1, "progress": 0.25, "desc": "inner"},
    ]
    assert slow.details().process is not None
    assert run.verify() == []


def run_of_killed_driver(tmp_path: Path, watched: subprocess.Popen[bytes]) -> RunState:
    """A run whose driver was killed while the task `slow` ran."""
    run = open_run(tmp_path)
    until_slow_runs(run)
    watched.send_signal(signal.SIGKILL)
    watched.wait()
    return run


def test_jobs_that_go_on_are_seen_after_a_kill(
    tmp_path: Path, watched: subprocess.Popen[bytes]
) -> None:
    run = run_of_killed_driver(tmp_path, watched)
    assert run.interrupted
    assert run.verify() == [by_task(run)["last"]]
    quick, bad, after, slow, last = by_task(run).values()
    assert slow.state == JobState.RUNNING
    assert last.state == JobState.UNSCHEDULED
    (tmp_path / "gate").touch()
    for _ in run.follow(interval=0.01, timeout=30):
        pass
    assert [each.state.value for each in (quick, bad, after, slow, last)] == [
        *("done", "error", "error", "done", "unscheduled")
    ]
    assert run.status is ExperimentStatus.RUNNING  # nobody has recorded an end


def test_a_job_killed_after_its_driver_is_lost(
    tmp_path: Path, watched: subprocess.Popen[bytes]
) -> None:
    run = run_of_killed_driver(tmp_path, watched)
    slow = by_task(run)["slow"]
    process = slow.details().process
    assert process is not None
    os.kill(process["pid"], signal.SIGKILL)

    def noticed() -> bool:
        run.verify()
        return slow.failure_reason is JobFailureStatus.LOST

    wait_until(noticed)


def test_done_before_is_recorded(tmp_path: Path) -> None:
    for _ in range(2):
        with experiment(tmp_path, "twice"):
            Add.C(x=1).submit()
    workspace = WorkspaceState(tmp_path)
    first, second = (workspace.run("twice", name) for name in workspace.runs("twice"))
    assert [job.found_done for job in first.jobs.values()] == [False]
    assert [job.found_done for job in second.jobs.values()] == [True]


def test_jobs_shared_by_experiments_have_their_state_in_both(tmp_path: Path) -> None:
    with experiment(tmp_path, "one") as one:
        Add.C(x=1).submit()
        one.wait()
        with experiment(tmp_path, "two"):
            Add.C(x=1).submit()
    workspace = WorkspaceState(tmp_path)
    for name in ("one", "two"):
        assert workspace.run(name).counts() == {"done": 1}


@pytest.mark.parametrize("number", range(3))
def test_a_run_whose_driver_was_killed_while_it_wrote(tmp_path: Path, number: int) -> None:
    generator = seeded(number)
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(MODULES)!r})\n"
        "from sample import Add\n"
        "from xpm_scheduler import experiment\n"
        "with experiment(sys.argv[1], 'many', run_mode='generate'):\n"
        "    for x in range(3000):\n"
        "        Add.C(x=x).submit()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as driver:
        wait_until(lambda: any(tmp_path.glob("experiments/many/*/events/event-0.jsonl")))
        try:
            driver.wait(timeout=generator.uniform(0.0, 0.5))
        except subprocess.TimeoutExpired:
            driver.kill()
    run = WorkspaceState(tmp_path).run("many")
    assert run.problems == []
    assert {key: each.state.value for key, each in run.jobs.items()} == last_states(run.path)
    assert not run.alive


def last_states(path: Path) -> dict[str, str]:
    """What the log says last of each job, read in the plainest way."""
    states = {}
    lines = (path / "events" / "event-0.jsonl").read_text().split("\n")[:-1]
    for event in map(json.loads, lines):
        if event["event_type"] == "ExperimentJobStateEvent":
            states[event["job_id"]] = event["scheduler_state"]
    return {k: "unscheduled" if v == "submitted" else v for k, v in states.items()}


# ------------------------------------------------------------- logs and snapshots, written here


def state_event(number: int, state: str, time: float, **more: object) -> dict[str, Any]:
    """What a driver writes when a job changes."""
    return {
        "timestamp": time,
        "job_id": f"{number:064x}",
        "task_id": f"tasks.kind{number % 3}",
        "experiment_id": "e",
        "run_id": RUN,
        "scheduler_state": state,
        "failure_reason": None,
        "event_type": "ExperimentJobStateEvent",
        **more,
    }


_ENDS = st.one_of(
    st.just(("done", {})),
    st.just(("done", {"found_done": True})),
    st.builds(
        lambda reason, text: ("error", {"failure_reason": reason.name, "message": text}),
        st.sampled_from(JobFailureStatus),
        st.text(max_size=5),
    ),
    st.just(("error", {"failure_reason": "DEPENDENCY", "blame": "tasks.kind0/0"})),
)
_STEPS: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.sampled_from(["submitted", "waiting", "ready", "scheduled", "running"]).map(
        lambda state: (state, {})
    ),
    st.just(("ready", {"retry_count": 2})),
    _ENDS,
)
_OTHERS = st.sampled_from(
    [
        {"event_type": "OfALaterRelease", "job_id": 3},
        {"event_type": "RunTagsEvent", "run_tags": ["a"]},
        {"event_type": ["no", "name"]},
        {"event_type": "ExperimentJobStateEvent", "job_id": None},
        {"event_type": "ServiceAddedEvent", "service_id": "s", "service_class": "m.S"},
        {"event_type": "ServiceStateChangedEvent", "service_id": "s", "state": "RUNNING"},
        {"event_type": "ActionAddedEvent", "action_id": "a", "action_class": "m.A"},
    ]
)


def _log(
    steps: list[tuple[int, tuple[str, dict[str, Any]]]], other: dict[str, Any], end: bool
) -> list[dict[str, Any]]:
    events = [
        state_event(number, state, 1000.0 + count, **more)
        for count, (number, (state, more)) in enumerate(steps)
    ]
    events.insert(len(events) // 2, {"run_id": RUN, **other})
    if end:
        completed = {"event_type": "RunCompletedEvent", "status": "failed", "run_id": RUN}
        events.append({**completed, "timestamp": 2000.0})
    return events


#: Events in any order: a reader must not rely on the driver being right.
_LOGS = st.builds(
    _log, st.lists(st.tuples(st.integers(0, 4), _STEPS), max_size=20), _OTHERS, st.booleans()
)


def lines_of(events: Sequence[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(event)}\n" for event in events).encode()


class RunFolder:
    """A run that is written by a test."""

    def __init__(self, workspace: Path) -> None:
        self.path = workspace / "experiments" / "e" / RUN
        self.log = self.path / "events" / "event-0.jsonl"
        if workspace.exists():
            shutil.rmtree(workspace)
        self.log.parent.mkdir(parents=True)
        self.workspace = workspace

    def snapshot(self, events: Sequence[dict[str, Any]]) -> None:
        """Write the snapshot that a driver would write after these events."""
        fold = Fold()
        for event in events:
            fold.apply(event)
        ended = fold.status is not ExperimentStatus.RUNNING
        status = {
            "version": 1,
            "status": fold.status.value,
            "ended_at": "1970-01-01T00:33:20+00:00" if ended else None,
            "job_states": {job_id: job.state.value for job_id, job in fold.jobs.items()},
            "services": fold.sections["services"],
            "actions": fold.sections["actions"],
            "run_tags": fold.run_tags,
            "fold": dump_snapshot(Snapshot(fold.jobs, self.log.name, len(lines_of(events)))),
        }
        temporary = self.path / "status.tmp"
        temporary.write_text(json.dumps(status))
        temporary.replace(self.path / "status.json")

    def append(self, content: bytes) -> None:
        with open(self.log, "ab") as file:
            file.write(content)

    def read(self) -> RunState:
        return WorkspaceState(self.workspace).run("e")


def contents(run: RunState) -> object:
    """All that a run has."""
    jobs = [
        (
            *(each.job_id, each.task_id, repr(each.state), each.found_done, each.submitted),
            *(each.started, each.ended, each.retry_count, each.message, each.blame),
        )
        for each in run.jobs.values()
    ]
    extras = (dict(run.services), dict(run.actions), run.run_tags)
    return jobs, extras, run.status, run.ended


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@settings(deadline=None, max_examples=40)
@given(_LOGS, st.data())
def test_a_snapshot_and_the_rest_say_what_the_log_says(
    scratch: Path, events: list[dict[str, Any]], data: st.DataObject
) -> None:
    whole = RunFolder(scratch / "whole")
    whole.append(lines_of(events))
    cut = RunFolder(scratch / "cut")
    cut.append(lines_of(events))
    cut.snapshot(events[: data.draw(st.integers(0, len(events)), "cut")])
    assert contents(cut.read()) == contents(whole.read())


@settings(deadline=None, max_examples=40)
@given(_LOGS, st.data())
def test_a_reader_that_comes_again_knows_what_a_new_one_does(
    scratch: Path, events: list[dict[str, Any]], data: st.DataObject
) -> None:
    content = lines_of(events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6), "cuts"))
    snapshots = data.draw(st.sets(st.integers(0, len(cuts))), "snapshots")
    folder = RunFolder(scratch / "again")
    run = folder.read()
    changed: set[str] = set()
    begin = 0
    for number, end in enumerate([*cuts, len(content)]):
        folder.append(content[begin:end])
        if number in snapshots:
            folder.snapshot(events[: content[:end].count(b"\n")])
        changed.update(record.job_id for record in run.refresh().jobs)
        begin = end
    assert contents(run) == contents(folder.read())
    assert run.problems == []
    assert changed == set(run.jobs)
    assert not run.refresh()


def some_events() -> list[dict[str, Any]]:
    """Three jobs: done, failed, running."""
    begun = ("submitted", "ready", "running")
    events = [state_event(number, state, number + 1.0) for number in range(3) for state in begun]
    events.append(state_event(0, "done", 10.0))
    events.append(state_event(1, "error", 11.0, failure_reason="MEMORY", message="too big"))
    return events


def states(run: RunState) -> list[str]:
    return [repr(job.state) for job in run.jobs.values()]


EXPECTED = ["JobState.DONE", "JobState.ERROR(memory)", "JobState.RUNNING"]


def test_a_half_written_line_is_left_for_the_next_time(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "ws")
    content = lines_of(some_events())
    folder.append(content[:-7])
    run = folder.read()
    assert states(run) == ["JobState.DONE", "JobState.RUNNING", "JobState.RUNNING"]
    folder.append(content[-7:])
    assert [job.message for job in run.refresh().jobs] == ["too big"]
    assert states(run) == EXPECTED
    assert run.problems == []


@pytest.mark.parametrize(
    "garbage", [b"{\n", b"\0\0\0\0\n", b"[1]\n", b"1],[2\n", b'{"a":1},{"b":2}\n', b"\xff\xfe\n"]
)
def test_a_damaged_line_is_told_and_passed_over(tmp_path: Path, garbage: bytes) -> None:
    folder = RunFolder(tmp_path / "ws")
    events = some_events()
    folder.append(lines_of(events[:5]) + garbage + lines_of(events[5:]))
    run = folder.read()
    assert states(run) == EXPECTED
    (problem,) = run.problems
    assert problem.path == str(folder.log)
    assert f"at byte {len(lines_of(events[:5]))}" in problem.message


def test_what_damage_has_taken_comes_back_with_the_next_snapshot(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "ws")
    events = some_events()
    folder.append(lines_of(events[:-1]))
    run = folder.read()
    lost = lines_of(events[-1:])
    folder.append(b"#" * (len(lost) - 1) + b"\n")
    run.refresh()
    assert states(run) != EXPECTED
    folder.snapshot(events)
    wait_until(lambda: bool(run.refresh()))
    assert states(run) == EXPECTED


def test_a_log_cut_short_is_told_and_the_snapshot_stands(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "ws")
    events = some_events()
    folder.append(lines_of(events))
    run = folder.read()
    folder.snapshot(events)
    os.truncate(folder.log, 100)
    (problem,) = run.refresh().problems
    assert "lines were lost" in problem.message
    assert states(run) == EXPECTED
    assert states(folder.read()) == EXPECTED
    # What its driver records next is seen.
    folder.append(b"\n" + lines_of([state_event(2, "done", 12.0)]))
    run.refresh()
    assert run.jobs[f"{2:064x}"].state == JobState.DONE


def test_a_log_that_is_not_visible_yet(tmp_path: Path) -> None:
    """Another host's file system may show a snapshot before the log that it has folded."""
    folder = RunFolder(tmp_path / "ws")
    events = some_events()
    folder.append(lines_of(events[:4]))
    folder.snapshot(events)
    run = folder.read()
    assert states(run) == EXPECTED
    folder.append(lines_of(events[4:]))
    run.refresh()
    folder.append(lines_of([state_event(2, "done", 12.0)]))
    assert [job.job_id for job in run.refresh().jobs] == [f"{2:064x}"]
    assert run.problems == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"fold": 3}', b'{"fold": {}}', b"\xff"])
def test_a_damaged_snapshot_is_told_and_the_log_read(tmp_path: Path, content: bytes) -> None:
    folder = RunFolder(tmp_path / "ws")
    folder.append(lines_of(some_events()))
    (folder.path / "status.json").write_bytes(content)
    run = folder.read()
    assert states(run) == EXPECTED
    assert [each.path for each in run.problems] in (
        [str(folder.path / "status.json")],
        [],  # `{"fold": 3}` is no snapshot: nothing is wrong with the file
    )


def test_an_empty_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "ws")
    shutil.rmtree(folder.log.parent)
    run = folder.read()
    assert (dict(run.jobs), run.alive, run.problems) == ({}, False, [])
    assert run.environment() == {}


def test_damage_in_a_job_folder_is_told(tmp_path: Path) -> None:
    with experiment(tmp_path, "e"):
        task = Add.C(x=1).submit()
    private = task.jobpath / ".experimaestro"
    (private / "status.json").write_text("{")
    (job,) = WorkspaceState(tmp_path).run("e").jobs.values()
    details = job.details()
    assert details.state == JobState.DONE
    assert str(private / "status.json") in details.problems[0]


# ------------------------------------------------------------------------------- workspaces


def test_what_a_workspace_has(tmp_path: Path) -> None:
    for name, x in (("one", 1), ("two", 2)):
        with experiment(tmp_path, name):
            Add.C(x=x).submit()
    workspace = WorkspaceState(tmp_path)
    assert workspace.experiments() == ["one", "two"]
    (run,) = workspace.runs("one")
    assert workspace.current_run("one") == run
    assert [job.state.value for job in workspace.jobs()] == ["done", "done"]
    assert list(workspace.orphans()) == []
    (job,) = workspace.run("two").jobs.values()
    found = workspace.job(job.task_id, job.job_id)
    assert found is not None
    assert found.state == JobState.DONE
    shutil.rmtree(tmp_path / "experiments" / "two")
    assert [each.job_id for each in workspace.orphans()] == [job.job_id]


def test_names_that_are_not_there(tmp_path: Path) -> None:
    with experiment(tmp_path, "learning"):
        pass
    workspace = WorkspaceState(tmp_path)
    with pytest.raises(WorkspaceError, match="nearest name is 'learning'"):
        workspace.run("lerning")
    with pytest.raises(WorkspaceError, match="has no run '2000'"):
        workspace.run("learning", "2000")
    with pytest.raises(WorkspaceError, match="expected the folder of a workspace"):
        WorkspaceState(tmp_path / "none")


def test_a_dry_run_leaves_nothing_to_read(tmp_path: Path) -> None:
    with experiment(tmp_path, "dry", run_mode=RunMode.DRY_RUN):
        Add.C(x=1).submit()
    assert WorkspaceState(tmp_path).experiments() == []


# ------------------------------------------------------------------------------ releases 2.x


def test_a_workspace_of_release_2_7() -> None:
    workspace = WorkspaceState(DATA / "release-2.7" / "workspace")
    run = workspace.run("sample")
    assert run.status is ExperimentStatus.DONE
    assert run.counts() == {"done": 4, "error": 1}
    (broken,) = (job for job in run.jobs.values() if job.state.is_error())
    assert broken.details().exit_code == 1
    assert {"rate": 0.25} in [job.tags for job in run.jobs.values()]
    assert run.problems == []


def test_a_run_of_release_2_7_that_others_wrote_in(tmp_path: Path) -> None:
    """When a driver of 2.7 is killed, the next run's events go to the log of both."""
    folder = RunFolder(tmp_path / "ws")
    events = some_events()
    later = [{**event, "run_id": "20260101_130000"} for event in events[:3]]
    end = {"event_type": "RunCompletedEvent", "status": "completed", "run_id": ""}
    folder.append(lines_of([*events, *later, {**end, "timestamp": 30.0}]))
    run = folder.read()
    assert states(run) == EXPECTED
    assert run.status is ExperimentStatus.RUNNING
    assert run.interrupted


def test_a_run_of_release_2_x_without_a_log(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "ws")
    shutil.rmtree(folder.log.parent)
    lines = [
        {"job_id": f"{n:064x}", "task_id": "tasks.a", "tags": {"n": n}, "timestamp": n + 0.5}
        for n in range(3)
    ]
    (folder.path / "jobs.jsonl").write_bytes(lines_of(lines))
    job_states = {lines[0]["job_id"]: "done", lines[1]["job_id"]: "error:TIMEOUT"}
    status = {"status": "done", "job_states": job_states, "hostname": "h"}
    (folder.path / "status.json").write_text(json.dumps(status))
    run = folder.read()
    assert states(run) == ["JobState.DONE", "JobState.ERROR(timeout)", "JobState.UNSCHEDULED"]
    assert [job.submitted for job in run.jobs.values()] == [0.5, 1.5, 2.5]
    assert [job.tags for job in run.jobs.values()] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert (run.status, run.hostname) == (ExperimentStatus.DONE, "h")


def test_runs_that_are_links_alone(tmp_path: Path) -> None:
    for name, marker in (("a" * 64, "one.done"), ("b" * 64, "one.failed"), ("c" * 64, None)):
        job = tmp_path / "jobs" / "tasks.one" / name
        job.mkdir(parents=True)
        if marker is not None:
            (job / marker).write_text("" if marker.endswith("done") else "2")
        links = tmp_path / "xp" / "old" / "jobs" / "tasks.one"
        links.mkdir(parents=True, exist_ok=True)
        (links / name).symlink_to(job)
    workspace = WorkspaceState(tmp_path)
    assert workspace.experiments() == ["old"]
    assert workspace.runs("old") == ["jobs"]
    run = workspace.run("old")
    assert [job.state.value for job in run.jobs.values()] == ["done", "error", "unscheduled"]
    assert not run.refresh()


def test_the_provider_of_release_2_x(tmp_path: Path) -> None:
    with experiment(tmp_path, "e"):
        Add.C(x=1).tag("x", 1).submit()
    provider = WorkspaceStateProvider.get_instance(tmp_path)
    assert WorkspaceStateProvider.get_instance(str(tmp_path)) is provider
    (run,) = provider.get_experiments()
    assert [each.run_id for each in provider.get_experiment_runs("e")] == [run.run_id]
    assert provider.get_current_run("e") == run.run_id
    (job,) = provider.get_jobs("e")
    assert provider.get_job(job.job_id, "e") is job
    assert provider.get_tags_map("e") == {job.job_id: {"x": 1}}
    assert provider.get_dependencies_map("e") == {job.job_id: []}
    assert provider.get_services("e") == {}
    assert provider.get_experiment("none") is None
    assert provider.get_jobs("none") == []
    provider.close()
    assert WorkspaceStateProvider.get_instance(tmp_path) is not provider
