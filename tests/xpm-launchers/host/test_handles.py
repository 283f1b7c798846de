"""Handles of processes: what names one for ever, and what is not a handle."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers import LocalProcess, process_from_handle
from xpm_launchers.exceptions import ForeignHostError, HandleError
from xpm_os.hosts import boot_id, host_name

WORDS = st.none() | st.text(min_size=1, max_size=10)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs until its input is closed."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@given(st.integers(1, 1 << 22), WORDS, WORDS)
def test_a_handle_is_written_and_read(pid: int, start: str | None, boot: str | None) -> None:
    process = LocalProcess(pid, start, boot)
    handle = json.loads(json.dumps(process.handle()))
    read = process_from_handle(handle)
    assert isinstance(read, LocalProcess)
    assert (read.pid, read.start, read.boot) == (pid, start, boot or boot_id())
    assert read.handle() == process.handle()


def test_a_process_that_runs(child: subprocess.Popen[bytes]) -> None:
    process = LocalProcess(child.pid).pinned()
    assert process.start
    assert process.pinned().start == process.start
    read = process_from_handle(process.handle())
    assert read.is_running()
    assert not read.wait(0)
    child.kill()
    assert read.wait(10)
    child.wait()
    assert not read.is_running()
    assert read.wait()
    read.kill()  # of what has ended is nothing


def test_a_later_process_of_the_same_number_is_another_one(child: subprocess.Popen[bytes]) -> None:
    handle = LocalProcess(child.pid).pinned().handle()
    for change in ({"start": "1"}, {"boot": "another"}):
        process = process_from_handle({**handle, **change})
        assert not process.is_running()
        assert process.wait()
        process.kill()
    assert child.poll() is None  # it was not signalled


def test_handles_of_release_2_name_a_process_by_its_number(child: subprocess.Popen[bytes]) -> None:
    assert process_from_handle({"type": "local", "pid": child.pid}).is_running()
    empty = {"type": "local", "pid": child.pid, "host": None, "start": None, "boot": ""}
    assert process_from_handle(empty).is_running()


@pytest.mark.parametrize("pid", [None, "12", 0, -1, True, 1.0, [1]])
def test_what_is_not_a_process_number_is_refused(pid: Any) -> None:
    with pytest.raises(HandleError, match="process number under 'pid'"):
        process_from_handle({"type": "local", "pid": pid})


def test_a_process_of_another_host_is_not_taken_for_one_of_this() -> None:
    with pytest.raises(ForeignHostError, match="elsewhere"):
        process_from_handle({"type": "local", "pid": os.getpid(), "host": "elsewhere"})
    here = {"type": "local", "pid": os.getpid(), "host": host_name()}
    assert process_from_handle(here).is_running()


@pytest.mark.parametrize("handle", [{}, {"type": None, "pid": 1}, {"type": "unheard-of"}])
def test_an_unknown_type_is_an_error(handle: dict[str, Any]) -> None:
    with pytest.raises(HandleError):
        process_from_handle(handle)


@pytest.mark.parametrize("pid", [(1 << 22) + 5, 1 << 31, 1 << 40])
def test_a_number_that_no_process_has_is_of_none_that_runs(pid: int) -> None:
    process = process_from_handle({"type": "local", "pid": pid})
    assert not process.is_running()
    assert process.wait(0)
    process.kill()
