"""Measures a command with all it leaves behind: jobs and servers in sessions of their own too."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

#: How long what the command leaves behind has to end by itself, in seconds.
LINGER = 30.0


class Usage(NamedTuple):
    """What a command took."""

    code: int
    wall: float
    """Seconds until the command itself ended."""
    cpu: float
    """Seconds of user and system time, of the command and all its descendants."""
    processes: int
    """The most live processes seen at once beside the command itself; 0 when not watched."""
    killed: int
    """Processes that had to be killed, as they did not end by themselves."""


def become_subreaper() -> None:
    """Orphans among our descendants become our children: their CPU time is not lost (prctl(2))."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed")


def measure(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    log: Path,
    limit: float,
    watch: bool = False,
) -> Usage:
    """Runs a command to its end, and waits for all it leaves behind.

    Args:
        command: the program and its arguments.
        environ: its whole environment.
        cwd: its working directory.
        log: file for its output.
        limit: seconds after which it is killed.
        watch: counts the processes. This takes CPU time from the other processes: a run that is
            watched is not good for measuring time.
    """
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=environ,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    watcher = _Watcher(process.pid) if watch else None
    timer = threading.Timer(limit, process.kill)
    timer.start()
    cpu, wall, code = 0.0, 0.0, 0
    while not wall:
        pid, status, usage = os.wait4(-1, 0)
        cpu += usage.ru_utime + usage.ru_stime
        if pid == process.pid:
            wall = time.perf_counter() - start
            code = process.returncode = os.waitstatus_to_exitcode(status)
    timer.cancel()
    rest, killed = _reap(time.monotonic() + LINGER)
    return Usage(code, wall, cpu + rest, watcher.stop() if watcher else 0, killed)


def _reap(end: float) -> tuple[float, int]:
    """Waits for all our children, kills those still there at the end: CPU time, how many killed."""
    cpu, killed = 0.0, 0
    while True:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return cpu, killed
        if pid:
            cpu += usage.ru_utime + usage.ru_stime
        elif time.monotonic() < end:
            time.sleep(0.02)
        else:
            for child in _descendants(os.getpid()):
                killed += 1
                os.kill(child, signal.SIGKILL)
            end = time.monotonic() + 1


class _Watcher(threading.Thread):
    """Counts the live descendants of this process beside the command, every few milliseconds."""

    def __init__(self, command: int) -> None:
        super().__init__(daemon=True)
        self._command = command
        self._most = 0
        self._end = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._end.wait(0.002):
            alive = sum(1 for pid in _descendants(os.getpid()) if _is_live(pid))
            self._most = max(self._most, alive - _is_live(self._command))

    def stop(self) -> int:
        self._end.set()
        self.join()
        return self._most


def _descendants(pid: int) -> Iterator[int]:
    """The processes below a process, as far as they are still there (`man 5 proc`)."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return
    for thread in threads:
        try:
            children = Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            yield child
            yield from _descendants(child)


def _is_live(pid: int) -> bool:
    """A process that has ended and was not waited for yet (a zombie) is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
