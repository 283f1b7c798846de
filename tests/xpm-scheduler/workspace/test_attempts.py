"""The fence: whatever drivers do, one process takes an attempt."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from xpm_scheduler._workspace.attempts import JobLock, new_attempt, owns, read_attempt, take
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler.exceptions import CorruptFileError


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    path = tmp_path / "jobs" / "some.task" / ("a" * 64)
    (path / ".experimaestro").mkdir(parents=True)
    return JobFolder.at(path)


def test_an_attempt_is_taken_once(folder: JobFolder) -> None:
    attempt = new_attempt(folder, "test")
    first = take(folder, attempt.token)
    assert first is not None
    first.lock.release()
    assert take(folder, attempt.token) is None


def test_a_later_attempt_shuts_out_the_earlier(folder: JobFolder) -> None:
    early = new_attempt(folder, "test")
    late = new_attempt(folder, "test")
    assert take(folder, early.token) is None
    assert not owns(folder, early.token)
    assert take(folder, late.token) is not None


def test_what_is_done_cannot_be_taken(folder: JobFolder) -> None:
    attempt = new_attempt(folder, "test")
    Path(folder.done).touch()
    assert take(folder, attempt.token) is None


def test_a_taken_job_is_seen_to_live_through_its_lock(folder: JobFolder) -> None:
    held = take(folder, new_attempt(folder, "test").token)
    assert held is not None
    assert not JobLock(folder).acquire(blocking=False)
    held.lock.release()
    lock = JobLock(folder)
    assert lock.acquire(blocking=False)
    lock.release()


def test_the_lock_of_release_2_is_honoured(folder: JobFolder) -> None:
    Path(folder.old_lock).touch()
    held = JobLock(folder)
    assert held.acquire()
    Path(folder.lock).unlink()  # only the old one is left to say so
    assert not JobLock(folder).acquire(blocking=False)
    held.release()


@pytest.mark.parametrize(
    ("content", "message_part"),
    [
        ("{", "expected a JSON object"),
        ("[1]", "expected a JSON object, got list"),
        ('{"version": 9}', "written in version 9"),
        ('{"version": 1}', "is missing"),
    ],
)
def test_a_damaged_attempt_is_named(folder: JobFolder, content: str, message_part: str) -> None:
    Path(folder.attempt).write_text(content)
    with pytest.raises(CorruptFileError, match=message_part) as caught:
        read_attempt(folder)
    assert folder.attempt in str(caught.value)


@pytest.mark.parametrize("number", range(5))
def test_of_many_processes_one_takes_it(folder: JobFolder, number: int) -> None:
    from takers import try_to_take

    del number  # the same race, several times
    context = multiprocessing.get_context("spawn")
    start, wins = context.Event(), context.Semaphore(0)
    attempt = new_attempt(folder, "test")
    arguments = (folder.path, attempt.token, start, wins)
    processes = [context.Process(target=try_to_take, args=arguments) for _ in range(4)]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert wins.acquire(block=False)
    assert not wins.acquire(block=False), "two processes took one attempt"
