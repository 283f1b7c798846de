"""Which requests get a slot: decisions about capacity, without I/O.

Among drivers, the one that holds the fewest cores is served first, then the one that was served
least recently; within a driver, requests are served in order. A request that does not fit now
keeps those behind it from what it is short of (a wide job is not starved by narrow ones), and from
nothing else (a job that waits for an accelerator does not hold up those that want none).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from xpm_launchers._forkserver.capacity import (
    Host,
    Need,
    Reservation,
    free_cores,
    free_devices,
    shortage,
    uses,
)

if TYPE_CHECKING:
    from xpm_os.processes import ProcessId

    from .jobs import Client, Job


class Allocator:
    """Grants slots, for one round.

    Args:
        reservations: What is held, over all servers; grants are added.
        host: What there is.

    Attributes:
        blocked: What some request that did not fit is short of.
        cores_wanted: Cores that the first request short of cores wants.
    """

    def __init__(self, reservations: dict[str, Reservation], host: Host) -> None:
        self.reservations = reservations
        self.host = host
        self.blocked: set[str] = set()
        self.cores_wanted = 0

    def allocate(
        self, clients: Sequence[Client], reserve: Callable[[Job], Reservation]
    ) -> list[Job]:
        """Grant what can be granted, and return these jobs, removed from their queues."""
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
            job.devices = tuple(
                free_devices(self.reservations.values(), job.need)[: job.need.devices]
            )
            self.reservations[job.reservation_id] = reserve(job)
            job.count(client)
            client.served = max(each.served for each in clients) + 1
            granted.append(job)
        return granted

    def _fits(self, need: Need) -> bool:
        if uses(need) & self.blocked:
            return False
        missing = shortage(list(self.reservations.values()), need, self.host)
        if "cores" in missing and not self.cores_wanted:
            self.cores_wanted = need.cores
        self.blocked |= missing
        return not missing


class FairShare:
    """Keeps one fork server from taking all, when drivers with other interpreters wait too.

    A server that holds more cores than another one which waits leaves it the next free ones. All
    see a job end at the same time; without this the server whose job it was would always be first.

    Args:
        server: The process of this server.
    """

    #: Seconds after which free cores that the other server does not take are taken after all: it
    #: may have been stopped
    PATIENCE = 0.1

    def __init__(self, server: ProcessId) -> None:
        self._server = server
        self._since: float | None = None
        self._passed_over: dict[ProcessId, int] = {}

    def yields(
        self,
        reservations: dict[str, Reservation],
        waiting: dict[ProcessId, int],
        host: Host,
        now: float,
    ) -> bool:
        """Return whether to leave the free cores to others for now."""
        held: dict[ProcessId, int] = {}
        for each in reservations.values():
            held[each.server] = held.get(each.server, 0) + each.cores
        own = held.get(self._server, 0)
        free = free_cores(reservations.values(), host.cpus)
        first = [
            server
            for server, cores in waiting.items()
            if server != self._server and held.get(server, 0) < own and 0 < cores <= free
        ]
        first = [server for server in first if self._passed_over.get(server) != held.get(server, 0)]
        if not first:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        if now - self._since < self.PATIENCE:
            return True
        self._passed_over = {server: held.get(server, 0) for server in first}
        self._since = None
        return False
