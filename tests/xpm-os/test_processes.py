"""The identity of processes and of this host."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys

import pytest

from xpm_os.hosts import LINUX, boot_id, host_name
from xpm_os.processes import ProcessId, is_alive, open_pidfd, start_time, umask


def test_a_process_is_named_by_number_and_start() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = start_time(child.pid)
    assert start is not None
    assert is_alive(*ProcessId(child.pid, start))
    assert is_alive(child.pid, None)
    assert not is_alive(child.pid, start + "0")
    descriptor = open_pidfd(child.pid)
    child.kill()
    if descriptor is not None:
        assert select.select([descriptor], [], [], 10)[0]
        os.close(descriptor)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_time(child.pid) is None, "a zombie"
    child.communicate()
    assert start_time(child.pid) is None
    assert not is_alive(child.pid, None)
    with pytest.raises(ProcessLookupError):
        open_pidfd(child.pid)


def test_a_name_of_any_letters(tmp_path: object) -> None:
    if not LINUX:
        pytest.skip("names of processes are read from /proc")
    code = (
        "import ctypes; ctypes.CDLL(None).prctl(15, b') R 1 (x', 0, 0, 0); print('', flush=True);"
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        start = start_time(child.pid)
        assert start is not None
        assert start.isdigit()
        child.kill()


def test_the_host_has_one_name() -> None:
    assert host_name() == socket.gethostname()
    assert boot_id() == boot_id()


def test_the_mask_is_read_and_left() -> None:
    before = os.umask(0o027)
    try:
        assert umask() == 0o027
        assert umask() == 0o027
    finally:
        os.umask(before)
