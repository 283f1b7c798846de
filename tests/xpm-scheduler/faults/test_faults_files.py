"""Each file that is read is replaced by garbage: an error about that file, and all else goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from driver_tools import wait_until

from xpm_launchers import CounterToken, TokenFileError
from xpm_scheduler import JobState, WorkspaceError, experiment

#: What may be in place of a file: ``None`` is a folder.
DAMAGES: dict[str, bytes | None] = {
    "empty": b"",
    "truncated": b'{"version": 1, "tok',
    "garbage": b"\x00\xff\xfe not a file of ours \x80",
    "list": b"[1, 2]",
    "object": b'{"type": "local", "version": 1}',
    "unknown": b'{"type": "abacus", "version": 99}',
    "folder": None,
}
BYTES = [name for name, content in DAMAGES.items() if content is not None]


def damage(path: Path, content: bytes | None) -> None:
    """Put something else in place of a file, whatever is there."""
    if path.is_dir():
        for inside in path.rglob("*"):
            if not inside.is_dir():
                inside.unlink()
        for folder in sorted((p for p in path.rglob("*") if p.is_dir()), reverse=True):
            folder.rmdir()
        path.rmdir()
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        (path / "inside").mkdir(parents=True)
    else:
        path.write_bytes(content)


def repair(path: Path) -> None:
    """Remove what was put there."""
    if path.is_dir() and not path.is_symlink():
        (path / "inside").rmdir()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def assert_readable(printed: str) -> None:
    """What a user sees holds no traceback."""
    assert "Traceback" not in printed, printed


#: Files of a job that has failed and is run again; what is in their place; whether the job is
#: run all the same (as the file is written anew), or fails.
OF_A_JOB = [
    ("params.json", list(DAMAGES), "runs"),
    ("note.py", ["garbage", "folder"], "runs"),
    ("note.failed", list(DAMAGES), "runs"),
    ("note.err", ["garbage", "folder"], "runs"),
    ("locks.json", list(DAMAGES), "runs"),
    ("note.pid", list(DAMAGES), "fails"),
    ("note.done", ["folder"], "fails"),
    ("note.lock", ["folder"], "fails"),
    (".experimaestro/note.lock", ["folder"], "fails"),
    (".experimaestro/attempt.json", BYTES, "runs"),
    (".experimaestro/attempt.json", ["folder"], "fails"),
    (".experimaestro/status.json", BYTES, "runs"),
    (".experimaestro/status.json", ["folder"], "fails"),
    (".experimaestro/task-outputs.jsonl", BYTES, "runs"),
    (".experimaestro/task-outputs.jsonl", ["folder"], "fails"),
    (".experimaestro/events/event-0.jsonl", BYTES, "runs"),
    (".experimaestro/events/event-0.jsonl", ["folder"], "fails"),
    (".experimaestro/events", ["garbage"], "fails"),
    (".experimaestro", ["garbage"], "fails"),
    ("", ["garbage"], "fails"),
]


@pytest.mark.parametrize(("name", "kinds", "end"), OF_A_JOB)
def test_a_damaged_file_of_a_job_is_the_matter_of_that_job(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, kinds: list[str], end: str
) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    numbers = range(len(kinds))
    with experiment(tmp_path / "ws", "damaged"):
        jobs = [Note.C(number=n, journal=journal, fail=True).submit() for n in numbers]
    paths = [job.jobpath / name for job in jobs]
    for path, kind in zip(paths, kinds, strict=True):
        damage(path, DAMAGES[kind])
    capfd.readouterr()

    with experiment(tmp_path / "ws", "damaged") as xp:
        damaged = [Note.C(number=n, journal=journal).submit() for n in numbers]
        after = [Note.C(number=100 + n, journal=journal, needs=[damaged[n]]) for n in numbers]
        for task in after:
            task.submit()
        other = Note.C(number=200, journal=journal).submit()
    printed = capfd.readouterr().err
    assert other.job.state == JobState.DONE
    assert_readable(printed)
    if end == "runs":
        assert not xp.failed
        return
    for task, dependent, path in zip(damaged, after, paths, strict=True):
        assert task.job.state == JobState.ERROR
        assert str(path) in task.job.message, task.job.message
        assert task.job.message in printed
        assert dependent.job.cause is task.job
        repair(path)
    with experiment(tmp_path / "ws", "damaged") as xp:
        for n in numbers:
            Note.C(number=n, journal=journal).submit()
    assert not xp.failed


@pytest.mark.parametrize("content", [b"", b"anything", b"\x00\xff"])
def test_what_is_in_a_marker_of_success_does_not_matter(tmp_path: Path, content: bytes) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path / "ws", "marked"):
        task = Note.C(number=1, journal=journal).submit()
    task.job.donepath.write_bytes(content)
    with experiment(tmp_path / "ws", "marked") as xp:
        Note.C(number=1, journal=journal).submit()
    assert not xp.failed
    assert journal.read_text().count("begin") == 1


@pytest.mark.parametrize("name", ["attempt.json", "status.json"])
@pytest.mark.parametrize("kind", ["truncated", "list", "unknown"])
def test_how_often_a_resumable_job_was_run_is_not_guessed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, kind: str
) -> None:
    from fault_tasks import Partly

    journal = tmp_path / "journal"
    with experiment(tmp_path / "ws", "resumed"):
        task = Partly.C(number=1, journal=journal).submit(max_retries=1)
    path = task.jobpath / ".experimaestro" / name
    damage(path, DAMAGES[kind])
    with experiment(tmp_path / "ws", "resumed") as xp:
        again = Partly.C(number=1, journal=journal).submit(max_retries=3)
    assert_readable(capfd.readouterr().err)
    if name == "attempt.json":
        assert xp.failed
        assert str(path) in again.job.message
    else:
        assert not xp.failed
    assert (task.jobpath / "half").exists(), "its folder is kept"


@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("params.json", True),
        ("gate.pid", True),
        ("gate.failed", True),
        ("locks.json", True),
        (".experimaestro/status.json", True),
        (".experimaestro/events/event-0.jsonl", True),
        (".experimaestro/attempt.json", False),
    ],
)
@pytest.mark.parametrize("kind", ["garbage"])
def test_files_damaged_while_the_job_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str, done: bool, kind: str
) -> None:
    from sample import Add, Gate

    with experiment(tmp_path / "ws", "running"):
        gate = Gate.C(number=1, folder=tmp_path).submit()
        wait_until((tmp_path / "pid-1").exists)
        path = gate.jobpath / name
        damage(path, DAMAGES[kind])
        other = Add.C(x=1).submit()
        (tmp_path / "open").touch()
    assert other.job.state == JobState.DONE
    assert_readable(capfd.readouterr().err)
    if done:
        assert gate.job.state == JobState.DONE
    else:
        assert gate.job.state == JobState.ERROR
        assert str(path) in gate.job.message


@pytest.mark.parametrize("name", ["params.json", "locks.json", ".experimaestro/attempt.json"])
@pytest.mark.parametrize("kind", ["truncated", "list", "folder"])
def test_a_job_started_by_hand_names_the_file(tmp_path: Path, name: str, kind: str) -> None:
    from lasting import Note

    with experiment(tmp_path / "ws", "by-hand"):
        task = Note.C(number=1, journal=tmp_path / "journal", fail=True).submit()
    path = task.jobpath / name
    damage(path, DAMAGES[kind])
    command = [sys.executable, str(task.jobpath / "note.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert_readable(done.stderr)
    assert not task.job.donepath.exists()


def a_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")


def a_folder(path: Path) -> None:
    (path / "inside").mkdir(parents=True)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("ws", a_file),
        ("ws/experiments", a_file),
        ("ws/experiments/plan", a_file),
        ("ws/experiments/plan/lock", a_folder),
        ("ws/experiments/plan/current", a_folder),
    ],
)
def test_what_is_in_the_way_of_an_experiment_is_named(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    from sample import Add

    make(tmp_path / name)
    with pytest.raises(WorkspaceError) as caught:
        with experiment(tmp_path / "ws", "plan"):
            raise AssertionError("never entered")
    assert str(tmp_path / name) in str(caught.value)
    # Nothing is left behind in this process.
    with experiment(tmp_path / "elsewhere", "plan") as xp:
        Add.C(x=1).submit()
    assert not xp.failed


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("ws/.__experimaestro__", a_folder),
        ("ws/experiments/plan/20200101_000000/status.json", a_file),
        ("ws/experiments/plan/20200101_000000/status.json", a_folder),
        ("ws/experiments/plan/20200101_000000/jobs.jsonl", a_file),
        ("ws/experiments/plan/20200101_000000/environment.json", a_file),
        ("ws/experiments/plan/20200101_000000", a_file),
        ("ws/experiments/plan/99999999_999999/status.json", a_file),
    ],
)
def test_what_is_not_needed_does_no_harm(
    tmp_path: Path, name: str, make: Callable[[Path], None]
) -> None:
    from sample import Add

    make(tmp_path / name)
    for x in range(7):  # more runs than are kept
        with experiment(tmp_path / "ws", "plan") as xp:
            Add.C(x=x).submit()
        assert not xp.failed
        assert (tmp_path / "ws/experiments/plan/current/status.json").is_file()


def test_jobs_that_cannot_have_a_folder_fail_and_others_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from sample import Add, Build

    a_file(tmp_path / "ws" / "jobs" / str(Add.__xpmtype__.identifier))
    with experiment(tmp_path / "ws", "plan"):
        one, two = Add.C(x=1).submit(), Add.C(x=2).submit()
        Build.C(size=1).submit()
    assert one.job.state == two.job.state == JobState.ERROR
    assert str(tmp_path / "ws" / "jobs" / one.job.task_id) in one.job.message
    printed = capfd.readouterr().err
    assert "1 done, 2 failed" in printed
    assert_readable(printed)


@pytest.mark.parametrize("kind", ["truncated", "garbage", "list", "unknown"])
def test_a_damaged_counter_is_named_where_it_is_made(tmp_path: Path, kind: str) -> None:
    content = DAMAGES[kind]
    assert content is not None
    damage(tmp_path / "token" / "queue.jsonl", content + b"\n")
    with pytest.raises(TokenFileError, match=r"token/queue\.jsonl, line 1"):
        CounterToken("units", tmp_path / "token", 2)


@pytest.mark.parametrize("how", ["garbage", "list", "removed"])
def test_a_counter_damaged_while_jobs_wait_for_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    from lasting import Note

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    token = CounterToken("one", tmp_path / "token", 1)
    path = tmp_path / "token" / "queue.jsonl"
    with experiment(tmp_path / "ws", "damaged"):
        holding = token(1, Note.C(number=1, journal=journal, gate=gate)).submit()
        wait_until(journal.exists)
        waiting = [token(1, Note.C(number=n, journal=journal)).submit() for n in (2, 3)]
        wait_until(lambda: path.read_text().count('"ask"') == 3)
        if how == "removed":
            path.unlink()
        else:
            content = DAMAGES[how]
            assert content is not None
            with path.open("ab") as file:
                file.write(content + b"\n")
        other = Note.C(number=4, journal=journal).submit()
        other.wait()
        gate.touch()
    assert holding.job.state == other.job.state == JobState.DONE
    assert_readable(capfd.readouterr().err)
    for task in waiting:
        assert task.job.state.finished()
        if how != "removed":
            assert str(path) in task.job.message


@pytest.mark.parametrize("kind", ["truncated", "list", "object", "folder"])
def test_outputs_that_cannot_be_read_are_told(
    tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    from sample import Add, Gate

    with experiment(tmp_path / "ws", "outputs"):
        gate = Gate.C(number=1, folder=tmp_path)
        gate.watch_output(gate.execute, lambda output: None)
        gate.submit()
        wait_until((tmp_path / "pid-1").exists)
        path = gate.jobpath / ".experimaestro" / "task-outputs.jsonl"
        content = DAMAGES[kind]
        damage(path, content if content is None else content + b"\n")
        wait_until(lambda: str(path) in caplog.text)
        other = Add.C(x=1).submit()
        (tmp_path / "open").touch()
    assert gate.job.state == other.job.state == JobState.DONE
    assert caplog.text.count(str(path)) == 1


def test_the_folder_of_jobs_may_be_a_link(tmp_path: Path) -> None:
    from sample import Add

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ws").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "ws" / "jobs")
    with experiment(tmp_path / "ws", "linked") as xp:
        Add.C(x=1).submit()
    assert not xp.failed
    assert list((tmp_path / "elsewhere").glob("*/*/add.done"))
