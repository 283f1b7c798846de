"""What jobs take of a host, and what is left of it: arithmetic only, no file and no process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from xpm_launchers._host.hardware import cores_in
from xpm_os.processes import ProcessId


class Need(NamedTuple):
    """What one job takes.

    Attributes:
        cores: Number of CPU cores.
        memory: Bytes.
        devices: Number of accelerators.
        among: The names of the suitable accelerators.
        duration: Seconds after which it is ended; 0: never.
    """

    cores: int = 1
    memory: int = 0
    devices: int = 0
    among: tuple[str, ...] = ()
    duration: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the fields that differ from the default."""
        return {name: value for name, value in self._asdict().items() if value != _DEFAULT[name]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Need:
        """Return the need that `to_json` has written."""
        need = Need(**data)
        return need._replace(among=tuple(need.among)) if need.among else need


_DEFAULT = Need()._asdict()


class Reservation(NamedTuple):
    """The slot of one job: what it holds of the host, as the ledger records it.

    Attributes:
        id: Unique name of the request.
        pid: Number of the job's process, 0 as long as there is none: then the server holds it.
        start: When that process started.
        server: The fork server.
        cpus: The CPUs that the job may use, a bit mask.
        cores: Number of CPU cores.
        memory: Bytes.
        devices: Names of the accelerators.
        expires: When its time is over, on the system's monotonic clock; 0: never.
    """

    id: str
    pid: int
    start: str
    server: ProcessId
    cpus: int
    cores: int = 1
    memory: int = 0
    devices: tuple[str, ...] = ()
    expires: float = 0.0

    @property
    def holder(self) -> ProcessId:
        """The process whose death frees the slot."""
        return ProcessId(self.pid, self.start) if self.pid else self.server


class Host(NamedTuple):
    """What there is of this host.

    Attributes:
        cpus: The CPUs that this server's jobs may use, a bit mask.
        memory: Bytes.
    """

    cpus: int
    memory: int


def free_cores(reservations: Iterable[Reservation], mask: int) -> int:
    """Return the number of cores left for a job that may use some CPUs; negative: too many in use.

    Drivers may have been given different CPUs (`taskset`, batch systems). A job bound to few
    CPUs must fit there and in every larger set that others were given.

    Args:
        reservations: What is held.
        mask: The CPUs, a bit mask.
    """
    reservations = list(reservations)
    sets = {mask}.union(each.cpus for each in reservations)
    everything = 0
    for cpus in sets:
        everything |= cpus
    sets.add(everything)
    return min(
        cores_in(cpus) - sum(each.cores for each in reservations if each.cpus & ~cpus == 0)
        for cpus in sets
        if mask & ~cpus == 0
    )


def free_devices(reservations: Iterable[Reservation], need: Need) -> list[str]:
    """Return the accelerators that are suitable for `need` and that no job holds."""
    taken = {device for each in reservations for device in each.devices}
    return [device for device in need.among if device not in taken]


def shortage(reservations: list[Reservation], need: Need, host: Host) -> set[str]:
    """Return what is missing now for `need`: any of "cores", "memory", "devices"."""
    missing = set()
    if need.cores > free_cores(reservations, host.cpus):
        missing.add("cores")
    if need.memory and need.memory > host.memory - sum(each.memory for each in reservations):
        missing.add("memory")
    if need.devices and need.devices > len(free_devices(reservations, need)):
        missing.add("devices")
    return missing


def impossible(need: Need, host: Host) -> list[str]:
    """Return what of `need` this host can never give, as text; empty when it can give all."""
    reasons = []
    if need.cores > cores_in(host.cpus):
        reasons.append(f"{need.cores} cores required, there are {cores_in(host.cpus)}")
    if need.memory > host.memory:
        reasons.append(f"{need.memory} bytes of memory required, there are {host.memory}")
    if need.devices > len(need.among):
        reasons.append(f"{need.devices} devices required, {len(need.among)} are suitable")
    return reasons


def uses(need: Need) -> set[str]:
    """Return the resources that `need` takes some of."""
    return {name for name in ("cores", "memory", "devices") if getattr(need, name)}
