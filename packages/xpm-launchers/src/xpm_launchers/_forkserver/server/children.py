"""The children of a launch server: forked, heard, reaped, killed."""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple, NoReturn

from xpm_launchers._forkserver.protocol import Message, apply
from xpm_launchers._host.hardware import MPS
from xpm_os.processes import start_time

from .child import BOOTSTRAP, ERROR, GO, READY, Plan, become
from .jobs import Client, Job


class Ended(NamedTuple):
    """A child that is no more."""

    job: Job
    code: int
    max_rss: int
    cpu_time: float


class Children:
    """All children of this server.

    Args:
        poller: Where their sockets are registered.
        descriptors: Gives what a child must close.
        ledger: The ledger's file.
        flags: Options of the interpreter, for commands that need one of their own.
        variables: Prefixes of the variables that count before an interpreter starts: a call with
            other values than this process has needs an interpreter of its own.
    """

    def __init__(
        self,
        poller: select.poll,
        descriptors: Callable[[], list[int]],
        ledger: str,
        flags: list[str],
        variables: tuple[str, ...],
    ) -> None:
        self._ledger = ledger
        self._poller = poller
        self._descriptors = descriptors
        self._flags = flags
        self._variables = variables
        self._ours = self._special(os.environ)
        self.jobs: dict[int, Job] = {}
        self._links: dict[int, Job] = {}

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return list(self._links)

    def start(self, job: Job, client: Client, message: Message) -> None:
        """Fork a child, which waits for `go`.

        Raises:
            OSError: When no process can be made.
        """
        plan = self._plan(job, client, message)
        ours, theirs = socket.socketpair()
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            self._become(plan, ours, theirs)
        theirs.close()
        ours.setblocking(False)
        job.pid, job.start, job.link = pid, start_time(pid) or "", ours
        if job.need.duration:
            job.expires = time.monotonic() + job.need.duration
        self.jobs[pid] = job
        self._links[ours.fileno()] = job
        self._poller.register(ours.fileno(), select.POLLIN)

    def _become(self, plan: Plan, ours: socket.socket, theirs: socket.socket) -> NoReturn:
        become(plan, theirs, [*self._descriptors(), ours.fileno()])

    def _plan(self, job: Job, client: Client, message: Message) -> Plan:
        environ = apply(client.environ, message["environ"])
        if job.devices and job.devices != (MPS,):
            environ["CUDA_VISIBLE_DEVICES"] = ",".join(job.devices)
            environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the order these numbers are of
        if job.need.duration:
            environ["XPM_DEADLINE"] = f"{time.time() + job.need.duration:.3f}"
        path = message.get("path", client.path)
        argv, target, args = (
            message.get("argv", ()),
            message.get("target", ""),
            message.get("args", ()),
        )
        if not argv and (message.get("spawn") or self._special(environ) != self._ours):
            argv = [sys.executable, *self._flags, "-c", BOOTSTRAP, str(len(path)), *path]
            argv += [target, *args]
        return Plan(
            argv, target, args, path, message["cwd"], message["stdout"], message["stderr"],
            environ, client.umask, job.entry_id, self._ledger,
        )  # fmt: skip

    def _special(self, environ: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in environ.items() if name.startswith(self._variables)}

    def go(self, job: Job) -> None:
        """Let a child run: the ledger knows it."""
        if job.link is not None:
            with suppress(BrokenPipeError):  # it is gone; to be reaped
                job.link.send(GO)

    def hear(self, descriptor: int) -> bool:
        """Read what a child says about its start; False when `descriptor` is not a child's."""
        if descriptor not in self._links:
            return False
        self._hear(self._links[descriptor])
        return True

    def _hear(self, job: Job) -> None:
        link = job.link
        if link is None:
            return
        try:
            said = link.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        del self._links[link.fileno()]
        self._poller.unregister(link.fileno())
        link.close()
        job.link = None
        if said[:1] == READY:
            job.tell("started", pid=job.pid, start=job.start)
            return
        message = said[1:].decode(errors="replace") if said[:1] == ERROR else ""
        job.tell("refused", message=message or "it was killed before it started")
        job.leave()

    def reap(self) -> list[Ended]:
        """Collect the children that have ended."""
        ended = []
        while self.jobs:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                break
            job = self.jobs.pop(pid, None)
            if job is None:
                continue
            self._hear(job)
            scale = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, else KiB
            code = os.waitstatus_to_exitcode(status)
            cpu_time = usage.ru_utime + usage.ru_stime
            ended.append(Ended(job, code, usage.ru_maxrss * scale, cpu_time))
        return ended
