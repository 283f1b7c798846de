"""Cancelled jobs whose fork server dies before it has read, or done, what was requested."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xpm_launchers import Command, DirectLauncher, LocalProcess, Ticket
from xpm_launchers.testing import Recorder

MakeCommand = Callable[..., Command]

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc"),
    pytest.mark.skipif(CPUS < 2, reason="one job tells the server's number, another is cancelled"),
]


@pytest.fixture
def server(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> Iterator[int]:
    """The process number of the fork server, which is stopped when the test gets it killed."""
    recorder.run(launcher, "other", call("hold", tmp_path, "other", name="other"))
    process = recorder.process("other")
    assert isinstance(process, LocalProcess)
    with open(f"/proc/{process.pid}/stat") as stream:
        yield int(stream.read().rpartition(")")[2].split()[1])
    process.kill()


def kill_stopped(server: int) -> None:
    """Kill a stopped server: messages sent since then are lost."""
    os.kill(server, signal.SIGKILL)
    assert LocalProcess(server).wait(10)


def test_cancel_running(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path, server: int
) -> None:
    ticket = recorder.run(launcher, "job", call("hold", tmp_path, "job"))
    process = recorder.process("job")
    os.kill(server, signal.SIGSTOP)
    ticket.cancel()
    kill_stopped(server)
    assert recorder.end("job").code is None
    assert not process.is_running()
    assert not (tmp_path / "job.over").exists()


def test_cancel_while_it_starts(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path, server: int
) -> None:
    ticket = launcher.request("job", recorder)
    recorder.wait_for("granted", "job")
    os.kill(server, signal.SIGSTOP)
    ticket.start(call("hold", tmp_path, "job"))
    ticket.cancel()
    kill_stopped(server)
    assert recorder.end("job").reason == "cancelled"
    assert recorder.of("job") == ["granted", "ended"]
    recorder.run(launcher, "next", call("succeed", name="next"))
    assert recorder.end("next").code == 0
    assert not (tmp_path / "job.running").exists()


def test_cancel_while_it_waits_to_start_again(tmp_path: Path) -> None:
    """The new server gets the message, too: it would grant a slot that no job takes."""
    from xpm_launchers._forkserver.capacity import Need
    from xpm_launchers._forkserver.client.bootstrap import Address
    from xpm_launchers._forkserver.client.connection import ServerConnection
    from xpm_launchers._forkserver.client.requests import Calls, Requests
    from xpm_launchers._forkserver.client.ticket import LocalTicket

    sent: list[bytes] = []
    calls: Calls = []
    recorder = Recorder()
    connection = ServerConnection(lambda: Address(()))
    requests = Requests(sent.append, "me", 10)
    ticket = LocalTicket(connection, "job", recorder, Need())
    requests.resend({}, calls)
    requests.request(ticket)
    requests.receive({"op": "granted", "id": 1, "devices": []}, calls)
    requests.start(ticket, b"start\n")
    requests.connected = False
    requests.resend({}, calls)
    requests.cancel(ticket, calls)
    for call in calls:
        call()
    connection.close()
    assert sent[2:] == [b'{"op":"request","id":1,"again":true}\n', b'{"op":"cancel","id":1}\n']
    assert recorder.of("job") == ["granted", "ended"]


def test_refused_after_it_was_cancelled(
    launcher: DirectLauncher, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A requirement that takes long to be found out, and is impossible: nothing is reported."""
    import threading

    from xpm_launchers import CapacityError
    from xpm_launchers._forkserver.client import launcher as _launcher

    may_go = threading.Event()

    def slow(requirement: object) -> None:
        may_go.wait(10)
        raise CapacityError("never")

    monkeypatch.setattr(_launcher, "local_need", slow)
    before = set(threading.enumerate())
    ticket: Ticket = launcher.request("job", recorder, "duration=1h & cpu(cores=1)")
    (thread,) = set(threading.enumerate()) - before
    ticket.cancel()
    may_go.set()
    thread.join(10)
    assert recorder.events == []
