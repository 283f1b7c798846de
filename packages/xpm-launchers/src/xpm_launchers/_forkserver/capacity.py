"""What jobs take of a host and what is left: arithmetic only, no file and no process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from xpm_launchers._host.hardware import cores_in


class Need(NamedTuple):
    """What one job takes.

    Attributes:
        cores: Number of CPU cores.
        memory: Bytes.
        devices: Number of accelerators.
        among: The names of the accelerators that will do.
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
        """Read what `to_json` returned."""
        need = Need(**data)
        return need._replace(among=tuple(need.among)) if need.among else need


_DEFAULT = Need()._asdict()


class Entry(NamedTuple):
    """What one job holds, as the ledger records it.

    Attributes:
        id: Unique name of the request.
        pid: The job's process, 0 as long as there is none: then the server holds the place.
        start: When that process started.
        server: Process number and start of the launch server.
        cpus: The CPUs it may use, a bit mask.
        expires: When its time is over, on the system's monotonic clock; 0: never.
    """

    id: str
    pid: int
    start: str
    server: tuple[int, str]
    cpus: int
    cores: int = 1
    memory: int = 0
    devices: tuple[str, ...] = ()
    expires: float = 0.0

    @property
    def owner(self) -> tuple[int, str]:
        """The process whose death frees the place."""
        return (self.pid, self.start) if self.pid else self.server


class Host(NamedTuple):
    """What there is to take.

    Attributes:
        cpus: The CPUs that this server's jobs may use, a bit mask.
        memory: Bytes.
    """

    cpus: int
    memory: int


def free_cores(entries: Iterable[Entry], mask: int) -> int:
    """Number of cores left for a job that may use the CPUs of `mask` (negative: too many in use).

    Drivers may have been given different CPUs (`taskset`, batch systems). A job bound to few
    CPUs must fit there and in every larger set that others were given.
    """
    entries = list(entries)
    sets = {mask}.union(entry.cpus for entry in entries)
    everything = 0
    for each in sets:
        everything |= each
    sets.add(everything)
    return min(
        cores_in(each) - sum(entry.cores for entry in entries if entry.cpus & ~each == 0)
        for each in sets
        if mask & ~each == 0
    )


def free_devices(entries: Iterable[Entry], need: Need) -> list[str]:
    """The accelerators that would do for `need` and nobody holds."""
    taken = {device for entry in entries for device in entry.devices}
    return [device for device in need.among if device not in taken]


def shortage(entries: list[Entry], need: Need, host: Host) -> set[str]:
    """What is missing now for `need`: any of "cores", "memory", "devices"."""
    missing = set()
    if need.cores > free_cores(entries, host.cpus):
        missing.add("cores")
    if need.memory and need.memory > host.memory - sum(entry.memory for entry in entries):
        missing.add("memory")
    if need.devices and need.devices > len(free_devices(entries, need)):
        missing.add("devices")
    return missing


def impossible(need: Need, host: Host) -> list[str]:
    """Say what of `need` this host can never give; empty when it can."""
    reasons = []
    if need.cores > cores_in(host.cpus):
        reasons.append(f"{need.cores} cores asked for, there are {cores_in(host.cpus)}")
    if need.memory > host.memory:
        reasons.append(f"{need.memory} bytes of memory asked for, there are {host.memory}")
    if need.devices > len(need.among):
        reasons.append(f"{need.devices} devices asked for, {len(need.among)} would do")
    return reasons


def uses(need: Need) -> set[str]:
    """The resources that `need` takes some of."""
    return {name for name in ("cores", "memory", "devices") if getattr(need, name)}
