"""Drivers of the plan of the fault tests, and what their jobs have noted."""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from fault_plan import TASKS, TWICE, UNITS

from xpm_launchers import CounterToken

MODULES = Path(__file__).parent


def rounds(default: int) -> int:
    """How often to repeat a test: few times, unless ``XPM_TEST_FAULT_ROUNDS`` says more."""
    return int(os.environ.get("XPM_TEST_FAULT_ROUNDS", default))


def start_driver(
    folder: Path,
    seconds: float = 0.02,
    name: str = "faults",
    environ: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start a driver of the plan."""
    command = [sys.executable, str(MODULES / "fault_plan.py"), str(folder), str(seconds), name]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, **(environ or {})},
    )


class Journal:
    """What the tasks have noted."""

    def __init__(self, path: Path) -> None:
        text = path.read_text() if path.exists() else ""
        self.lines = [line.split() for line in text.splitlines()]

    def count(self, word: str) -> collections.Counter[int]:
        """How often each task has noted a word."""
        return collections.Counter(int(line[1]) for line in self.lines if line[0] == word)

    def running(self) -> dict[int, int]:
        """The process of each task that has begun and not ended."""
        found: dict[int, int] = {}
        for word, number, pid, *_ in self.lines:
            if word == "begin":
                found[int(pid)] = int(number)
            elif word == "end":
                found.pop(int(pid), None)
        return {number: pid for pid, number in found.items()}

    def most_units(self, gone: collections.Counter[int]) -> int:
        """The most units held at once.

        Args:
            gone: processes that were killed: they do not say that they leave.
        """
        most = 0
        held: dict[int, int] = {}
        for word, _, pid, *units in self.lines:
            if word == "enter" and int(pid) not in gone:
                held[int(pid)] = int(units[0])
            elif word == "leave":
                held.pop(int(pid), None)
            most = max(most, sum(held.values()))
        return most


def assert_once(folder: Path, killed: collections.Counter[int] | None = None) -> None:
    """Every task of the plan has run, and once, unless it was killed itself.

    Args:
        folder: of the plan.
        killed: the numbers of the tasks that were killed, with how often.
    """
    killed = killed or collections.Counter()
    journal = Journal(folder / "journal")
    begun, ended, init = journal.count("begin"), journal.count("end"), journal.count("init")
    assert len(begun) == len(ended) == TASKS
    expected = dict.fromkeys(begun, 1)
    expected[TWICE] = 2
    for number, count in begun.items():
        least, most = expected[number], expected[number] + killed[number]
        assert least <= count <= most, f"task {number} ran {count} times, not {least} to {most}"
        # What was killed after its last note, but before its marker, is run again.
        assert 1 <= ended[number] <= 1 + killed[number], f"task {number}"
    for number in (500, 501):
        assert init[number] == begun[number]
    jobs = folder / "ws" / "jobs"
    assert len(list(jobs.glob("*/*/*.done"))) == TASKS
    assert not list(jobs.glob("*/*/*.failed"))
    assert not list(jobs.glob("*/*/*.pid"))
    assert not list(jobs.glob("*/*/locks.json"))
    if not killed:
        assert journal.most_units(collections.Counter()) <= UNITS
    assert_nothing_held(folder)


def assert_nothing_held(folder: Path) -> None:
    """All units are free, those of the partial folder too."""
    assert CounterToken("units", folder / "token", UNITS).available == UNITS
    for path in (folder / "ws" / "partials").glob("*/*/*/.experimaestro/token"):
        assert CounterToken("partial", path, 1).available == 1


def server_of(pid: int) -> int | None:
    """The fork server that has started a process; ``None`` when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as stream:
            parent = int(stream.read().rpartition(")")[2].split()[1])
        with open(f"/proc/{parent}/cmdline", "rb") as cmdline:
            return parent if b"xpm_launchers.forkserver" in cmdline.read() else None
    except OSError:
        return None


def kill_job(folder: Path, pid: int) -> bool:
    """Kill a job's process; returns whether it was there."""
    with contextlib.suppress(OSError):
        # The number may be another process's by now.
        if os.readlink(f"/proc/{pid}/cwd").startswith(str(folder)):
            os.kill(pid, signal.SIGKILL)
            return True
    return False
