"""What a launch server knows of its drivers and of their jobs."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from xpm_launchers._forkserver.capacity import Entry, Need
from xpm_launchers._forkserver.protocol import LineReader, Message, encode
from xpm_os.processes import is_alive

Identity = tuple[int, str]

#: Seconds that a job has to end by itself when its time is over
GRACE = 10.0


class Client:
    """A driver's connection."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.reader = LineReader()
        self.out = bytearray()
        self.greeted = False
        self.uid = ""
        self.environ: Mapping[str, str] = {}
        self.path: list[str] = []
        self.umask = 0o022
        self.waiting: deque[Job] = deque()
        self.jobs: dict[int, Job] = {}
        self.cores = 0  #: held by its jobs
        self.served = 0  #: turn at which it was served last

    def tell(self, message: Message) -> None:
        """Send a message as far as the driver takes it now; the rest waits in `out`."""
        self.out += encode(message)

    def flush(self) -> bool:
        """Send what waits; False when some is left.

        Raises:
            OSError: When the driver is gone.
        """
        while self.out:
            try:
                sent = self.connection.send(self.out)
            except (BlockingIOError, InterruptedError):
                return False
            del self.out[:sent]
        return True


class Job:
    """A request, then a process."""

    __slots__ = (
        "client", "counted", "deadline", "devices", "entry_id", "expires", "followers", "id",
        "link", "need", "original", "overdue", "pid", "start", "terminated",
    )  # fmt: skip

    def __init__(self, client: Client | None, number: int, need: Need) -> None:
        self.client = client
        self.id = number
        self.need = need
        self.entry_id = f"{client.uid}-{number}" if client is not None else ""
        #: Whose share of the cores it counts in
        self.counted: Client | None = None
        self.devices: tuple[str, ...] = ()
        self.pid = 0
        self.start = ""
        #: Our end of the sockets shared with a child that has not said that it is ready
        self.link: socket.socket | None = None
        self.terminated = False
        #: The same process, as other drivers watch it
        self.followers: list[Job] = []
        #: Of a follower: the job that is followed
        self.original: Job | None = None
        #: When it is asked to end, as its time is over
        self.expires: float | None = None
        #: Whether it was asked to end for that reason
        self.overdue = False
        #: When it is killed, having been asked to end
        self.deadline: float | None = None

    def entry(self, server: Identity, cpus: int) -> Entry:
        """What the ledger records."""
        need = self.need
        return Entry(
            self.entry_id, self.pid, self.start, server, cpus, need.cores, need.memory,
            self.devices, self.expires or 0.0,
        )  # fmt: skip

    def tell(self, op: str, **fields: object) -> None:
        """Tell the driver, if there is one."""
        if self.client is not None:
            self.client.tell({"op": op, "id": self.id, **fields})

    def count(self, client: Client) -> None:
        """Count the job in a driver's share of the cores."""
        client.cores += self.need.cores
        self.counted = client

    def uncount(self) -> None:
        """Take the job out of the share it counts in."""
        if self.counted is not None:
            self.counted.cores -= self.need.cores
            self.counted = None

    def leave(self) -> None:
        """Forget the job on the driver's side: nothing more is to be told."""
        if self.client is not None:
            self.client.jobs.pop(self.id, None)
            self.client = None
        if self.original is not None:
            self.original.followers.remove(self)
            self.original = None

    def end(self, grace: float) -> None:
        """Ask it to end; it is killed `grace` seconds later."""
        self.send_signal(signal.SIGTERM)
        self.deadline = time.monotonic() + grace

    def keep_time(self, now: float) -> None:
        """Do what it is time for."""
        if self.deadline is not None and self.deadline <= now:
            self.deadline = None
            self.send_signal(signal.SIGKILL)
        if self.expires is not None and self.expires <= now:
            self.expires = None
            if not self.terminated:
                self.overdue = True
                self.end(GRACE)

    def send_signal(self, number: int) -> None:
        """Signal the job's process group (of a child that has not got one yet: the process)."""
        if not is_alive(self.pid, self.start or None):
            return
        with suppress(ProcessLookupError, PermissionError):  # it is gone; it is another user's
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                os.kill(self.pid, number)


def describe_end(code: int, job: Job, memory: bool) -> tuple[str | None, str]:
    """Return the reason and the message for an end (`ProcessEnd`).

    Args:
        code: Exit status, `-N` for signal N.
        job: What ended; it may have been asked to.
        memory: Whether the kernel has been killing processes for memory.
    """
    if code == 0:
        return None, ""
    how = f"exit status {code}" if code > 0 else f"ended by {_signal_name(-code)}"
    if job.overdue:
        return "timeout", f"its time limit of {job.need.duration} s was reached: {how}"
    if code > 0:
        return "failed", how
    if job.terminated or -code in (signal.SIGTERM, signal.SIGINT):
        return "cancelled", how
    if -code == signal.SIGKILL and memory:
        return "memory", "killed by the system, which was out of memory"
    return "failed", how


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
