"""Settling what jobs hold of the host: the ledger is brought up to date once a round, for all."""

from __future__ import annotations

import time
from collections.abc import Sequence

from xpm_launchers._forkserver.capacity import Entry, Host
from xpm_launchers._forkserver.ledger import Ledger

from .allocation import Courtesy, Grants
from .children import Children, Ended
from .exits import Ends
from .jobs import GRACE, Client, Identity, Job
from .watcher import Watcher

#: Seconds between looks at what cannot tell of itself
RETRY = 0.05


class Settling:
    """What has changed since the last round, and what follows from it.

    Args:
        identity: The server's.
        host: Capacity.
    """

    def __init__(
        self,
        identity: Identity,
        host: Host,
        ledger: Ledger,
        watcher: Watcher,
        children: Children,
        ends: Ends,
    ) -> None:
        self.identity = identity
        self.host = host
        self._ledger = ledger
        self._watcher = watcher
        self._children = children
        self._ends = ends
        self._courtesy = Courtesy(identity)
        #: Jobs that are nobody's children here
        self.watched: list[Job] = []
        #: Those of them whose time was not looked up yet
        self._untimed: list[Job] = []
        #: Children that wait until the ledger knows them
        self.forked: list[Job] = []
        #: Jobs whose places are given back
        self.released: list[Job] = []
        #: Whether something else has changed
        self.dirty = False
        self.retry_at: float | None = None

    @property
    def pending(self) -> bool:
        """Whether there is something to settle."""
        return bool(self.dirty or self.forked or self.released)

    def holds(self, job: Job) -> bool:
        """Tell whether a job holds a place."""
        return job.entry_id in self._ledger.entries

    def watch(self, job: Job) -> None:
        """Watch a process that is nobody's child here."""
        self.watched.append(job)
        self._untimed.append(job)
        self.dirty = True

    def release(self, job: Job) -> None:
        """Give a job's place back."""
        job.uncount()
        self.released.append(job)
        job.leave()

    def forget(self, client: Client) -> None:
        """A driver is gone: its jobs go on, its places are free."""
        client.waiting.clear()
        for job in list(client.jobs.values()):
            if not job.pid:
                self.released.append(job)
            job.leave()
        self.watched = [job for job in self.watched if job.client is not None]
        self.dirty = True

    def settle(self, ended: Sequence[Ended], clients: Sequence[Client]) -> None:
        """Bring the ledger up to date, grant what can be granted, and tell all of it."""
        due = self.retry_at is not None and self.retry_at <= time.monotonic()
        if not (self.pending or due or ended):
            return
        forked, released, self.forked, self.released = self.forked, self.released, [], []
        self.dirty, self.retry_at = False, None
        with self._ledger as ledger:
            for job in forked:
                ledger.entries[job.entry_id] = self._reserve(job)
            for job in [*released, *(each.job for each in ended)]:
                ledger.entries.pop(job.entry_id, None)
            for each in ended:
                each.job.uncount()
            gone = self._gone()
            self._take_over_time(ledger)
            granted = self._grant(ledger, clients)
        for job in forked:
            self._children.go(job)
        for each in ended:
            self._ends.tell(each)
        for job in gone:
            self._ends.tell_unseen(job)
        for job in granted:
            job.tell("granted", devices=job.devices)

    def _gone(self) -> list[Job]:
        """The watched processes that have ended."""
        gone = [job for job in self.watched if not self._watcher.is_alive((job.pid, job.start))]
        if gone:
            self.watched = [job for job in self.watched if job not in gone]
        if self.watched and self._watcher.polls:
            self._retry()
        return gone

    def _take_over_time(self, ledger: Ledger) -> None:
        """Keep the time of processes that are watched now, in the place of their own server."""
        untimed, self._untimed = self._untimed, []
        for job in untimed:
            entry = ledger.find((job.pid, job.start))
            if entry is not None and entry.expires:
                # Where it lives it is first; it may be killed yet.
                lives = self._watcher.is_alive(entry.server)
                job.expires = entry.expires + (2 * GRACE if lives else 0)

    def _grant(self, ledger: Ledger, clients: Sequence[Client]) -> list[Job]:
        clients = [client for client in clients if client.waiting]
        if not clients:
            ledger.waiting.pop(self.identity, None)
            return []
        self._prune(ledger)
        grants = Grants(ledger.entries, self.host)
        now = time.monotonic()
        if self._courtesy.yields(ledger.entries, ledger.waiting, self.host, now):
            self._retry()
            return []
        granted = grants.run(clients, self._reserve)
        if grants.cores_wanted:
            ledger.waiting[self.identity] = grants.cores_wanted
        else:
            ledger.waiting.pop(self.identity, None)
        return granted

    def _reserve(self, job: Job) -> Entry:
        return job.entry(self.identity, self.host.cpus)

    def _prune(self, ledger: Ledger) -> None:
        """Take what dead processes hold out of the ledger, and watch those that live."""
        for entry in list(ledger.entries.values()):
            if entry.server == self.identity:
                continue
            if not self._watcher.is_alive(entry.owner):
                del ledger.entries[entry.id]
            elif not entry.pid or self._watcher.polls:
                self._retry()  # a place that may be given back without any process ending
        for server in list(ledger.waiting):
            if server != self.identity and not self._watcher.is_alive(server):
                del ledger.waiting[server]

    def _retry(self) -> None:
        self.retry_at = time.monotonic() + RETRY
