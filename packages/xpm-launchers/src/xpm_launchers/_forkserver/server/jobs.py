"""What a fork server knows of its drivers and of their jobs."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress

from xpm_launchers._forkserver.capacity import Need, Reservation
from xpm_launchers._forkserver.protocol import LineReader, Message, encode
from xpm_os.processes import ProcessId, is_alive

#: Seconds that a job has to end by itself when its time is over
GRACE = 10.0


class Client:
    """A driver, by its connection.

    Attributes:
        reader: What cuts its stream into messages.
        out: What it has not taken yet of what was sent.
        greeted: Whether it has said hello, and so the following.
        uid: Its name in the ledger.
        environ: Variables that those of its commands are compared with.
        path: The `sys.path` of its calls, if they name none.
        umask: The file mode mask of its commands.
        waiting: Jobs that wait for a slot, in order.
        jobs: All its jobs, by its number of the request.
        cores: Number of cores that its jobs hold.
        served: When it was served last, as a count of grants.
    """

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
        self.cores = 0
        self.served = 0

    def send(self, message: Message) -> None:
        """Send a message; it waits in `out` until the server flushes it."""
        self.out += encode(message)

    def flush(self) -> bool:
        """Send what waits, and return whether nothing is left.

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
    """A request, then a process.

    Attributes:
        client: The driver; None when it is gone.
        id: The driver's number of the request.
        reservation_id: Name of its reservation in the ledger.
        counted_for: The driver in whose share of the cores it counts.
        devices: Accelerators that were granted.
        pid: Process number; 0 before the start.
        start: When the process started.
        socket: The server's end of the sockets shared with a child that has not become ready.
        terminated: Whether it was asked to end.
        followers: The same process, as other drivers watch it.
        followed: Of a follower: the job that it follows.
        expires: When it is asked to end, as its time is over.
        overdue: Whether it was asked to end for that reason.
        deadline: When it is killed, after it was asked to end.
    """

    __slots__ = (
        "client", "counted_for", "deadline", "devices", "expires", "followed", "followers", "id",
        "need", "overdue", "pid", "reservation_id", "socket", "start", "terminated",
    )  # fmt: skip

    def __init__(self, client: Client | None, number: int, need: Need) -> None:
        self.client = client
        self.id = number
        self.need = need
        self.reservation_id = f"{client.uid}-{number}" if client is not None else ""
        self.counted_for: Client | None = None
        self.devices: tuple[str, ...] = ()
        self.pid = 0
        self.start = ""
        self.socket: socket.socket | None = None
        self.terminated = False
        self.followers: list[Job] = []
        self.followed: Job | None = None
        self.expires: float | None = None
        self.overdue = False
        self.deadline: float | None = None

    def reservation(self, server: ProcessId, cpus: int) -> Reservation:
        """Return what the ledger records."""
        need = self.need
        return Reservation(
            self.reservation_id, self.pid, self.start, server, cpus, need.cores, need.memory,
            self.devices, self.expires or 0.0,
        )  # fmt: skip

    def report(self, op: str, **fields: object) -> None:
        """Send a message about it to the driver, if there is one."""
        if self.client is not None:
            self.client.send({"op": op, "id": self.id, **fields})

    def count(self, client: Client) -> None:
        """Count the job in a driver's share of the cores."""
        client.cores += self.need.cores
        self.counted_for = client

    def uncount(self) -> None:
        """Take the job out of the share that it counts in."""
        if self.counted_for is not None:
            self.counted_for.cores -= self.need.cores
            self.counted_for = None

    def detach(self) -> None:
        """Forget the job on the driver's side: there is nothing more to report."""
        if self.client is not None:
            self.client.jobs.pop(self.id, None)
            self.client = None
        if self.followed is not None:
            self.followed.followers.remove(self)
            self.followed = None

    def terminate(self, grace: float) -> None:
        """Ask it to end; it is killed `grace` seconds later."""
        self.send_signal(signal.SIGTERM)
        self.deadline = time.monotonic() + grace

    def enforce_limits(self, now: float) -> None:
        """End it if its time is over, and kill it if it has not ended when asked to."""
        if self.deadline is not None and self.deadline <= now:
            self.deadline = None
            self.send_signal(signal.SIGKILL)
        if self.expires is not None and self.expires <= now:
            self.expires = None
            if not self.terminated:
                self.overdue = True
                self.terminate(GRACE)

    def send_signal(self, number: int) -> None:
        """Signal the job's process group (of a child that has none yet: the process)."""
        if not is_alive(self.pid, self.start or None):
            return
        with suppress(ProcessLookupError, PermissionError):  # it is gone; it is another user's
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                os.kill(self.pid, number)
