"""The children of a fork server: forked, let run, reaped."""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NoReturn

from xpm_launchers._forkserver.protocol import Message, apply
from xpm_launchers._host.deadline import DEADLINE
from xpm_launchers._host.hardware import MPS
from xpm_launchers._interface.process_exit import ProcessExit
from xpm_os.processes import start_time

from .child import BOOTSTRAP, ERROR, GO, READY, ChildSpec, become
from .jobs import Client, Job


class Children:
    """All children of this server.

    Args:
        poller: Where their sockets are registered.
        descriptors: Returns what a child must close.
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
        self._own = self._early(os.environ)
        self.jobs: dict[int, Job] = {}
        #: Children that have not become ready, by the descriptor of their socket
        self._starting: dict[int, Job] = {}

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return list(self._starting)

    def start(self, job: Job, client: Client, message: Message) -> None:
        """Fork a child, which waits for `let_run`.

        Raises:
            OSError: When no process can be made.
        """
        spec = self._spec(job, client, message)
        parent, child = socket.socketpair()
        try:
            pid = os.fork()
        except OSError:
            parent.close()
            child.close()
            raise
        if pid == 0:
            self._become(spec, parent, child)
        child.close()
        parent.setblocking(False)
        job.pid, job.start, job.socket = pid, start_time(pid) or "", parent
        if job.need.duration:
            job.expires = time.monotonic() + job.need.duration
        self.jobs[pid] = job
        self._starting[parent.fileno()] = job
        self._poller.register(parent.fileno(), select.POLLIN)

    def _become(self, spec: ChildSpec, parent: socket.socket, child: socket.socket) -> NoReturn:
        become(spec, child, [*self._descriptors(), parent.fileno()])

    def _spec(self, job: Job, client: Client, message: Message) -> ChildSpec:
        environ = apply(client.environ, message["environ"])
        if job.devices and job.devices != (MPS,):
            environ["CUDA_VISIBLE_DEVICES"] = ",".join(job.devices)
            environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the order these numbers are of
        if job.need.duration:
            environ[DEADLINE] = f"{time.time() + job.need.duration:.3f}"
        path = message.get("path", client.path)
        argv = message.get("argv", ())
        target, args = message.get("target", ""), message.get("args", ())
        if not argv and (message.get("spawn") or self._early(environ) != self._own):
            argv = [sys.executable, *self._flags, "-c", BOOTSTRAP, str(len(path)), *path]
            argv += [target, *args]
        return ChildSpec(
            argv, target, args, path, message["cwd"], message["stdout"], message["stderr"],
            environ, client.umask, job.reservation_id, self._ledger,
        )  # fmt: skip

    def _early(self, environ: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in environ.items() if name.startswith(self._variables)}

    def let_run(self, job: Job) -> None:
        """Let a child run, which the ledger knows by now."""
        if job.socket is not None:
            with suppress(BrokenPipeError):  # it is gone; to be reaped
                job.socket.send(GO)

    def receive(self, descriptor: int) -> bool:
        """Read what a child sends about its start; return False when it is not a child's socket."""
        if descriptor not in self._starting:
            return False
        self._receive(self._starting[descriptor])
        return True

    def _receive(self, job: Job) -> None:
        child = job.socket
        if child is None:
            return
        try:
            answer = child.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            answer = b""
        del self._starting[child.fileno()]
        self._poller.unregister(child.fileno())
        child.close()
        job.socket = None
        if answer[:1] == READY:
            job.report("started", pid=job.pid, start=job.start)
            return
        message = answer[1:].decode(errors="replace") if answer[:1] == ERROR else ""
        job.report("refused", message=message or "it was killed before it started")
        job.detach()

    def reap(self) -> list[tuple[Job, ProcessExit]]:
        """Return the children that have ended, with their exit codes and what they have used."""
        ended = []
        while self.jobs:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                break
            job = self.jobs.pop(pid, None)
            if job is None:
                continue
            self._receive(job)
            scale = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, else KiB
            code = os.waitstatus_to_exitcode(status)
            cpu_time = usage.ru_utime + usage.ru_stime
            max_rss = usage.ru_maxrss * scale
            ended.append((job, ProcessExit(code, max_rss=max_rss, cpu_time=cpu_time)))
        return ended
