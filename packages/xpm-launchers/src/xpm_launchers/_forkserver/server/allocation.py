"""Whose turn it is: decisions about capacity, without I/O.

Among drivers, the one that holds the fewest cores is served first, then the one that was served
least recently; within a driver, requests are served in order. A request that does not fit now
keeps those behind it from what it is short of (a wide job is not starved by narrow ones), and from
nothing else (a job that waits for an accelerator does not hold up those that want none).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from xpm_launchers._forkserver.capacity import (
    Entry,
    Host,
    Need,
    free_cores,
    free_devices,
    shortage,
    uses,
)

if TYPE_CHECKING:
    from xpm_launchers._forkserver.ledger import Server

    from .jobs import Client, Job


class Grants:
    """One round of grants.

    Args:
        entries: What is held, over all servers; grants are added.
        host: What there is.
    """

    def __init__(self, entries: dict[str, Entry], host: Host) -> None:
        self.entries = entries
        self.host = host
        #: What some request that did not fit is short of
        self.blocked: set[str] = set()
        #: Cores that the first request short of cores wants
        self.cores_wanted = 0

    def run(self, clients: Sequence[Client], make_entry: Callable[[Job], Entry]) -> list[Job]:
        """Grant what can be granted; returns these jobs, taken out of their queues."""
        granted: list[Job] = []
        positions = {client: 0 for client in clients if client.waiting}
        while positions and "cores" not in self.blocked:
            client = min(positions, key=lambda each: (each.cores, each.served))
            position = positions[client]
            if position == len(client.waiting):
                del positions[client]
                continue
            job = client.waiting[position]
            if not self._fits(job.need):
                positions[client] += 1
                continue
            del client.waiting[position]
            job.devices = tuple(free_devices(self.entries.values(), job.need)[: job.need.devices])
            self.entries[job.entry_id] = make_entry(job)
            job.count(client)
            client.served = max(each.served for each in clients) + 1
            granted.append(job)
        return granted

    def _fits(self, need: Need) -> bool:
        if uses(need) & self.blocked:
            return False
        missing = shortage(list(self.entries.values()), need, self.host)
        if "cores" in missing and not self.cores_wanted:
            self.cores_wanted = need.cores
        self.blocked |= missing
        return not missing


class Courtesy:
    """Keeps one launch server from taking all, when drivers with other interpreters wait too.

    A server that holds more cores than another one which waits leaves it the next free ones. All
    see a job end at the same time; without this the server whose job it was would always be first.
    """

    #: Seconds after which free cores that the other one does not take are taken after all: it may
    #: have been stopped
    PATIENCE = 0.1

    def __init__(self, server: Server) -> None:
        self._server = server
        self._since: float | None = None
        self._passed: dict[Server, int] = {}

    def yields(
        self, entries: dict[str, Entry], waiting: dict[Server, int], host: Host, now: float
    ) -> bool:
        """Tell whether to leave the free cores to others for now."""
        held: dict[Server, int] = {}
        for entry in entries.values():
            held[entry.server] = held.get(entry.server, 0) + entry.cores
        mine = held.get(self._server, 0)
        free = free_cores(entries.values(), host.cpus)
        first = [
            server
            for server, cores in waiting.items()
            if server != self._server and held.get(server, 0) < mine and 0 < cores <= free
        ]
        first = [each for each in first if self._passed.get(each) != held.get(each, 0)]
        if not first:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        if now - self._since < self.PATIENCE:
            return True
        self._passed = {each: held.get(each, 0) for each in first}
        self._since = None
        return False
