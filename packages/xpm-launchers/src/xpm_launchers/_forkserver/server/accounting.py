"""What jobs hold of the host: the ledger is brought up to date once a round, for all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from xpm_launchers._forkserver.capacity import Host, Reservation
from xpm_launchers._forkserver.ledger import Ledger
from xpm_launchers._interface.process_exit import ProcessExit
from xpm_os.processes import ProcessId

from .allocation import Allocator, FairShare
from .children import Children
from .exits import Exits
from .jobs import GRACE, Client, Job
from .watcher import Watcher

#: Seconds between looks at what cannot report a change by itself
RETRY = 0.05


class Accounting:
    """What has changed since the last round, and what follows from it.

    Args:
        server: The process of this server.
        host: Capacity.
        ledger: What jobs hold, over all servers.
        watcher: Knows which processes are alive.
        children: Are let run when the ledger knows them.
        exits: Reports how jobs ended.

    Attributes:
        watched: Jobs that are not children of this server.
        forked: Children that wait until the ledger knows them.
        released: Jobs whose slots are to be released.
        changed: Whether something else has changed.
        retry_at: When to look again; None: when something changes.
    """

    def __init__(
        self,
        server: ProcessId,
        host: Host,
        ledger: Ledger,
        watcher: Watcher,
        children: Children,
        exits: Exits,
    ) -> None:
        self.server = server
        self.host = host
        self._ledger = ledger
        self._watcher = watcher
        self._children = children
        self._exits = exits
        self._fair_share = FairShare(server)
        self.watched: list[Job] = []
        #: Those of them whose time limit was not looked up yet
        self._untimed: list[Job] = []
        self.forked: list[Job] = []
        self.released: list[Job] = []
        self.changed = False
        self.retry_at: float | None = None

    @property
    def pending(self) -> bool:
        """Whether there is something to update."""
        return bool(self.changed or self.forked or self.released)

    def is_reserved(self, job: Job) -> bool:
        """Return whether a job holds a slot."""
        return job.reservation_id in self._ledger.reservations

    def watch(self, job: Job) -> None:
        """Watch a process that is not a child of this server."""
        self.watched.append(job)
        self._untimed.append(job)
        self.changed = True

    def release(self, job: Job) -> None:
        """Release a job's slot."""
        job.uncount()
        self.released.append(job)
        job.detach()

    def forget(self, client: Client) -> None:
        """Forget a driver that is gone: its jobs go on, its slots without a process are free."""
        client.waiting.clear()
        for job in list(client.jobs.values()):
            if not job.pid:
                self.released.append(job)
            job.detach()
        self.watched = [job for job in self.watched if job.client is not None]
        self.changed = True

    def update(self, ended: Sequence[tuple[Job, ProcessExit]], clients: Sequence[Client]) -> None:
        """Bring the ledger up to date, grant what can be granted, and report all of it."""
        due = self.retry_at is not None and self.retry_at <= time.monotonic()
        if not (self.pending or due or ended):
            return
        forked, released, self.forked, self.released = self.forked, self.released, [], []
        self.changed, self.retry_at = False, None
        with self._ledger as ledger:
            for job in forked:
                ledger.reservations[job.reservation_id] = self._reserve(job)
            for job in released:
                ledger.reservations.pop(job.reservation_id, None)
            for job, _ in ended:
                ledger.reservations.pop(job.reservation_id, None)
                job.uncount()
            gone = self._take_gone()
            self._restore_limits(ledger)
            granted = self._grant(ledger, clients)
        for job in forked:
            self._children.let_run(job)
        for job, exit in ended:
            self._exits.report(job, exit)
        for job in gone:
            self._exits.report_unseen(job)
        for job in granted:
            job.report("granted", devices=job.devices)

    def _take_gone(self) -> list[Job]:
        """Return the watched processes that have ended, and watch them no longer."""
        gone = [
            job for job in self.watched if not self._watcher.is_alive(ProcessId(job.pid, job.start))
        ]
        if gone:
            self.watched = [job for job in self.watched if job not in gone]
        if self.watched and self._watcher.polls:
            self._retry()
        return gone

    def _restore_limits(self, ledger: Ledger) -> None:
        """Keep the time limits of newly watched processes in the place of their own server."""
        untimed, self._untimed = self._untimed, []
        for job in untimed:
            reservation = ledger.find(ProcessId(job.pid, job.start))
            if reservation is not None and reservation.expires:
                # A server that lives is first; it may be killed yet.
                lives = self._watcher.is_alive(reservation.server)
                job.expires = reservation.expires + (2 * GRACE if lives else 0)

    def _grant(self, ledger: Ledger, clients: Sequence[Client]) -> list[Job]:
        clients = [client for client in clients if client.waiting]
        if not clients:
            ledger.waiting.pop(self.server, None)
            return []
        self._remove_dead(ledger)
        allocator = Allocator(ledger.reservations, self.host)
        now = time.monotonic()
        if self._fair_share.yields(ledger.reservations, ledger.waiting, self.host, now):
            self._retry()
            return []
        granted = allocator.allocate(clients, self._reserve)
        if allocator.cores_wanted:
            ledger.waiting[self.server] = allocator.cores_wanted
        else:
            ledger.waiting.pop(self.server, None)
        return granted

    def _reserve(self, job: Job) -> Reservation:
        return job.reservation(self.server, self.host.cpus)

    def _remove_dead(self, ledger: Ledger) -> None:
        """Remove what dead processes hold from the ledger, and watch those that live."""
        for each in list(ledger.reservations.values()):
            if each.server == self.server:
                continue
            if not self._watcher.is_alive(each.holder):
                del ledger.reservations[each.id]
            elif not each.pid or self._watcher.polls:
                self._retry()  # a slot that may be released without the end of any process
        for server in list(ledger.waiting):
            if server != self.server and not self._watcher.is_alive(server):
                del ledger.waiting[server]

    def _retry(self) -> None:
        self.retry_at = time.monotonic() + RETRY
