"""Jobs that several drivers watch: all get a report of the end, the slot is released once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xpm_launchers import Command, DirectLauncher, LocalProcess, ProcessExit, Ticket
from xpm_launchers.testing import Recorder

MakeCommand = Callable[..., Command]

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture
def others() -> Iterator[list[DirectLauncher]]:
    """Two more drivers."""
    made = [DirectLauncher(), DirectLauncher()]
    yield made
    for each in made:
        each.close()


def adopt(launcher: DirectLauncher, process: object, key: str, recorder: Recorder) -> Ticket:
    """Watch a process that another driver has started."""
    assert isinstance(process, LocalProcess)
    ticket = launcher.adopt(process.handle(), key, recorder)
    assert ticket is not None
    return ticket


def server_of(process: object) -> int:
    """The fork server that started a process."""
    assert isinstance(process, LocalProcess)
    with open(f"/proc/{process.pid}/stat") as stream:
        return int(stream.read().rpartition(")")[2].split()[1])


def assert_all_slots_are_free(launcher: DirectLauncher) -> None:
    """Check that as many requests as there are CPUS are granted, and no more."""
    recorder = Recorder()
    tickets = [launcher.request(key, recorder) for key in range(CPUS + 2)]
    for key in range(CPUS):
        recorder.wait_for("granted", key)
    tickets[0].cancel()  # what is granted too much would be so before this is answered
    recorder.wait_for("granted", CPUS)
    assert sorted(recorder.keys("granted")) == list(range(CPUS + 1))
    for ticket in tickets:
        ticket.cancel()


def test_every_driver_gets_a_report(
    launcher: DirectLauncher,
    others: list[DirectLauncher],
    recorder: Recorder,
    call: MakeCommand,
    tmp_path: Path,
) -> None:
    recorder.run(launcher, "own", call("hold", tmp_path, "job"))
    process = recorder.process("own")
    for number, other in enumerate(others):
        adopt(other, process, f"other{number}", recorder)
    adopt(launcher, process, "own again", recorder)
    (tmp_path / "job.go").touch()
    ends = [recorder.end(key) for key in ("own", "other0", "other1", "own again")]
    assert ends[0].code == 7
    assert ends == [ends[0]] * 4
    assert recorder.of("other0") == ["ended"]
    assert_all_slots_are_free(others[0])


def test_the_first_driver_leaves(
    launcher: DirectLauncher,
    others: list[DirectLauncher],
    recorder: Recorder,
    call: MakeCommand,
    tmp_path: Path,
) -> None:
    """Its followers still get a report, and so does a later one."""
    recorder.run(launcher, "own", call("hold", tmp_path, "job"))
    process = recorder.process("own")
    adopt(others[0], process, "follower", recorder)
    for key in range(CPUS - 1):  # slots that are free when the server has seen it leave
        launcher.request(key, recorder)
    for key in range(CPUS - 1):
        recorder.wait_for("granted", key)
    launcher.close()
    if CPUS > 1:
        recorder.run(others[0], "next", call("succeed", name="next"))
        assert recorder.end("next").code == 0
    adopt(others[1], process, "late", recorder)
    (tmp_path / "job.go").touch()
    assert recorder.end("follower").code == 7
    assert recorder.end("late").code == 7
    assert recorder.of("own") == ["granted", "started"]
    assert_all_slots_are_free(others[0])


def test_a_follower_leaves_and_comes_back(
    launcher: DirectLauncher,
    others: list[DirectLauncher],
    recorder: Recorder,
    call: MakeCommand,
    tmp_path: Path,
) -> None:
    recorder.run(launcher, "own", call("hold", tmp_path, "job"))
    process = recorder.process("own")
    adopt(others[0], process, "gone", recorder)
    others[0].close()
    adopt(others[0], process, "back", recorder)
    (tmp_path / "job.go").touch()
    assert recorder.end("own").code == recorder.end("back").code == 7
    assert recorder.of("gone") == []
    assert_all_slots_are_free(launcher)


@pytest.mark.parametrize("alone", [False, True], ids=["with its driver", "its driver gone"])
def test_a_follower_cancels(
    launcher: DirectLauncher,
    others: list[DirectLauncher],
    recorder: Recorder,
    call: MakeCommand,
    tmp_path: Path,
    alone: bool,
) -> None:
    recorder.run(launcher, "own", call("hold", tmp_path, "job"))
    process = recorder.process("own")
    tickets = [adopt(other, process, f"other{n}", recorder) for n, other in enumerate(others)]
    if alone:
        launcher.close()
    tickets[0].cancel()
    keys = ["other0", "other1"] if alone else ["own", "other0", "other1"]
    expected = ProcessExit(-15, "cancelled", "ended by SIGTERM")
    assert [recorder.end(key)[:3] for key in keys] == [expected[:3]] * len(keys)
    assert not (tmp_path / "job.over").exists()
    tickets[1].cancel()  # over: nothing happens
    assert_all_slots_are_free(others[0])


def test_an_end_just_after_a_driver_looked(
    launcher: DirectLauncher,
    others: list[DirectLauncher],
    recorder: Recorder,
    call: MakeCommand,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How it ended is known, though it was reported to its own driver before."""
    recorder.run(launcher, "own", call("status", 3))
    process = recorder.process("own")
    end = recorder.end("own")
    monkeypatch.setattr(LocalProcess, "is_running", lambda self: True)
    for number, other in enumerate(others):
        adopt(other, process, f"late{number}", recorder)
        assert recorder.end(f"late{number}") == end


def test_a_driver_gone_before_its_grant(
    launcher: DirectLauncher,
    others: list[DirectLauncher],
    recorder: Recorder,
    call: MakeCommand,
    tmp_path: Path,
) -> None:
    """Slots granted to it go to those that wait, at once."""
    before = set(threading.enumerate())
    recorder.run(others[0], "first", call("succeed", name="first"))
    recorder.end("first")
    (thread,) = set(threading.enumerate()) - before
    recorder.run(launcher, "own", call("hold", tmp_path, "job"))
    server = server_of(recorder.process("own"))
    os.kill(server, signal.SIGSTOP)
    for key in range(CPUS):
        others[0].request(f"gone{key}", recorder)
        launcher.request(key, recorder)
    others[0].close()
    thread.join(10)  # its connection is closed
    os.kill(server, signal.SIGCONT)
    for key in range(CPUS - 1):
        recorder.wait_for("granted", key, timeout=4)
    (tmp_path / "job.go").touch()
    assert recorder.end("own").code == 7
