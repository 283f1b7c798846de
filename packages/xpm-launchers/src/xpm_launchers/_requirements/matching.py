"""Whether a host satisfies a requirement, and what it is short of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .specs import AcceleratorSpecification, HostSpecification, RequiredResources
from .units import approximate_memory, format_duration


class Missing(NamedTuple):
    """What a host is short of.

    Attributes:
        resource: `"duration"`, `"memory"`, `"cores"`, `"accelerators"`.
        message: How much is required, and how much there is.
    """

    resource: str
    message: str


def satisfies(req: RequiredResources, host: HostSpecification) -> bool:
    """Return whether `host` satisfies `req`: whether `missing` returns nothing, but faster."""
    wanted, available = req.accelerators, host.accelerators
    if host.max_duration and req.duration > host.max_duration:
        return False
    if req.cpu.cores > host.cpu.cores or req.cpu.memory > host.cpu.memory:
        return False
    if not host.min_gpu <= len(wanted) <= len(available):
        return False
    if not wanted:
        return True
    assigned = assign(wanted, available)
    return None not in assigned and req.cpu.memory + _shared(req, host, assigned) <= host.cpu.memory


def _shared(req: RequiredResources, host: HostSpecification, assigned: Sequence[int | None]) -> int:
    """Return the part of the host's memory that the accelerators take."""
    return sum(
        spec.memory
        for spec, index in zip(req.accelerators, assigned, strict=True)
        if index is not None and host.accelerators[index].unified_memory
    )


def missing(req: RequiredResources, host: HostSpecification) -> list[Missing]:
    """Return what `host` is short of; nothing: it satisfies `req`."""
    shortages = []
    if host.max_duration and req.duration > host.max_duration:
        shortages.append(
            Missing(
                "duration",
                f"{format_duration(req.duration)} required, at most "
                f"{format_duration(host.max_duration)}: "
                f"{format_duration(req.duration - host.max_duration)} too long",
            )
        )
    if req.cpu.cores > host.cpu.cores:
        short = req.cpu.cores - host.cpu.cores
        available = f"{host.cpu.cores} available: {short} missing"
        shortages.append(Missing("cores", f"{req.cpu.cores} required, {available}"))
    if len(req.accelerators) < host.min_gpu:
        message = f"{len(req.accelerators)} required, at least {host.min_gpu} must be"
        shortages.append(Missing("accelerators", message))
    assigned = assign(req.accelerators, host.accelerators) if req.accelerators else []
    if None in assigned:
        shortages.append(Missing("accelerators", _describe(req, host, assigned)))
    shared = _shared(req, host, assigned)
    if req.cpu.memory + shared > host.cpu.memory:
        required = approximate_memory(req.cpu.memory + shared)
        note = ", shared with accelerators" if shared else ""
        available = approximate_memory(host.cpu.memory)
        lacking = approximate_memory(req.cpu.memory + shared - host.cpu.memory)
        message = f"{required} required{note}, {available} available: {lacking} missing"
        shortages.append(Missing("memory", message))
    return shortages


def _describe(
    req: RequiredResources, host: HostSpecification, assigned: Sequence[int | None]
) -> str:
    first = req.accelerators[assigned.index(None)]
    same = [each for each in req.accelerators if each == first]
    fit = sum(each.match(first) for each in host.accelerators)
    short = sum(
        index is None and each == first
        for each, index in zip(req.accelerators, assigned, strict=True)
    )
    available = ", ".join(map(str, host.accelerators)) or "none"
    return f"{len(same)} {first} required, {fit} suitable (available: {available}): {short} missing"


def assign(
    wanted: Sequence[AcceleratorSpecification], available: Sequence[AcceleratorSpecification]
) -> list[int | None]:
    """Return which of `available` each of `wanted` gets: a largest matching (augmenting paths)."""
    rows = _suitable(wanted, available)
    holder: dict[int, int] = {}

    def place(want: int, tried: set[int]) -> bool:
        for index in rows[want]:
            if index in tried:
                continue
            tried.add(index)
            if index not in holder or place(holder[index], tried):
                holder[index] = want
                return True
        return False

    for want in range(len(wanted)):
        place(want, set())
    assigned: list[int | None] = [None] * len(wanted)
    for index, want in holder.items():
        assigned[want] = index
    return assigned


def _suitable(
    wanted: Sequence[AcceleratorSpecification], available: Sequence[AcceleratorSpecification]
) -> list[list[int]]:
    """Return, for each of `wanted`, the indices of those of `available` that are suitable."""
    rows: list[list[int]] = []
    for number, want in enumerate(wanted):
        if number and want == wanted[number - 1]:  # equal ones come together
            rows.append(rows[-1])
        else:
            rows.append([index for index, spec in enumerate(available) if spec.match(want)])
    return rows
