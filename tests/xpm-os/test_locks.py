"""Locks between processes and threads, and what is left of them by those who die or fork."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xpm_os.locks import (
    FileLock,
    Pauses,
    close_private,
    is_locked,
    is_locked_alone,
    is_private,
    lock,
    open_private,
)

HOLD = """
import sys
from xpm_os.locks import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
if sys.argv[2] == "shared":
    lock.share()
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(path: Path, how: str = "alone") -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_one_holds_it_and_the_death_of_the_holder_frees_it(tmp_path: Path) -> None:
    mine = FileLock(tmp_path / "lock")
    with holder(tmp_path / "lock") as process:
        assert not mine.acquire(blocking=False)
        assert not mine.held
        process.kill()
        assert mine.acquire()
    assert mine.held
    with pytest.raises(RuntimeError, match="holds the lock already"):
        mine.acquire()
    mine.release()
    mine.release()
    assert not mine.held


def test_threads_exclude_each_other_and_closing_another_descriptor_frees_nothing(
    tmp_path: Path,
) -> None:
    mine = FileLock(tmp_path / "lock")
    mine.acquire()
    (tmp_path / "lock").read_bytes()  # opens and closes it: a lock of `lockf` would be gone
    taken: list[bool] = []

    def ask() -> None:
        taken.append(FileLock(tmp_path / "lock").acquire(blocking=False))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert taken == [False]
    mine.release()


@pytest.mark.parametrize("how", ["alone", "shared"])
def test_what_a_look_sees(tmp_path: Path, how: str) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    assert not is_locked_alone(path)
    with holder(path, how):
        assert is_locked(path)
        assert is_locked_alone(path) == (how == "alone")
    assert not is_locked(path)
    assert not is_locked_alone(path)


def test_the_shared_half_is_shared(tmp_path: Path) -> None:
    with holder(tmp_path / "lock", "shared"):
        descriptor = os.open(tmp_path / "lock", os.O_RDWR)
        try:
            assert lock(descriptor, shared=True, blocking=False)
            assert not lock(descriptor, blocking=False)
        finally:
            os.close(descriptor)


def test_the_owner_is_written_for_people(tmp_path: Path) -> None:
    mine = FileLock(tmp_path / "lock")
    mine.acquire()
    mine.write_owner("a long text")
    mine.write_owner("me")
    mine.release()
    assert (tmp_path / "lock").read_text() == "me"


def test_a_forked_child_has_no_private_descriptors(tmp_path: Path) -> None:
    code = """
import os, sys
from xpm_os.locks import close_private, is_locked, lock, open_private
descriptor = open_private(sys.argv[1], os.O_RDWR | os.O_CREAT)
lock(descriptor)
child = os.fork()
if not child:
    try:
        os.fstat(descriptor)
    except OSError:
        close_private(descriptor)
        os._exit(7)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert is_locked(sys.argv[1])
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "lock")], check=True)


def test_private_descriptors_are_closed_once(tmp_path: Path) -> None:
    descriptor = open_private(str(tmp_path / "lock"), os.O_RDWR | os.O_CREAT)
    assert is_private(descriptor)
    close_private(descriptor)
    close_private(descriptor)
    assert not is_private(descriptor)


def test_pauses_grow_until_the_limit() -> None:
    pauses = Pauses(None)
    taken = [pauses.take() for _ in range(8)]
    assert taken[:3] == [0.01, 0.02, 0.04]
    assert taken[-1] == 0.25
    assert Pauses(-1).take() is None
