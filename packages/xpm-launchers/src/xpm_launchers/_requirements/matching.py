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
        message: How much is asked for, and how much there is.
    """

    resource: str
    message: str


def satisfies(req: RequiredResources, host: HostSpecification) -> bool:
    """Tell whether `host` satisfies `req`: what `missing` says, without the words."""
    wanted, there = req.accelerators, host.accelerators
    if host.max_duration and req.duration > host.max_duration:
        return False
    if req.cpu.cores > host.cpu.cores or req.cpu.memory > host.cpu.memory:
        return False
    if not host.min_gpu <= len(wanted) <= len(there):
        return False
    if not wanted:
        return True
    given = assign(wanted, there)
    return None not in given and req.cpu.memory + _shared(req, host, given) <= host.cpu.memory


def _shared(req: RequiredResources, host: HostSpecification, given: Sequence[int | None]) -> int:
    """The part of the host's memory that the accelerators take."""
    return sum(
        spec.memory
        for spec, index in zip(req.accelerators, given, strict=True)
        if index is not None and host.accelerators[index].unified_memory
    )


def missing(req: RequiredResources, host: HostSpecification) -> list[Missing]:
    """Return what `host` is short of; nothing: it satisfies `req`."""
    found = []
    if host.max_duration and req.duration > host.max_duration:
        found.append(
            Missing(
                "duration",
                f"{format_duration(req.duration)} asked for, at most "
                f"{format_duration(host.max_duration)}: "
                f"{format_duration(req.duration - host.max_duration)} too long",
            )
        )
    if req.cpu.cores > host.cpu.cores:
        short = req.cpu.cores - host.cpu.cores
        there = f"{host.cpu.cores} there: {short} missing"
        found.append(Missing("cores", f"{req.cpu.cores} asked for, {there}"))
    if len(req.accelerators) < host.min_gpu:
        wanted = f"{len(req.accelerators)} asked for, at least {host.min_gpu} must be"
        found.append(Missing("accelerators", wanted))
    given = assign(req.accelerators, host.accelerators) if req.accelerators else []
    if None in given:
        found.append(Missing("accelerators", _describe(req, host, given)))
    shared = _shared(req, host, given)
    if req.cpu.memory + shared > host.cpu.memory:
        asked = approximate_memory(req.cpu.memory + shared)
        note = ", shared with accelerators" if shared else ""
        there = approximate_memory(host.cpu.memory)
        lacking = approximate_memory(req.cpu.memory + shared - host.cpu.memory)
        message = f"{asked} asked for{note}, {there} there: {lacking} missing"
        found.append(Missing("memory", message))
    return found


def _describe(req: RequiredResources, host: HostSpecification, given: Sequence[int | None]) -> str:
    first = req.accelerators[given.index(None)]
    same = [each for each in req.accelerators if each == first]
    fit = sum(each.match(first) for each in host.accelerators)
    short = sum(
        index is None and each == first for each, index in zip(req.accelerators, given, strict=True)
    )
    there = ", ".join(map(str, host.accelerators)) or "none"
    return f"{len(same)} {first} asked for, {fit} will do (there: {there}): {short} missing"


def assign(
    wanted: Sequence[AcceleratorSpecification], there: Sequence[AcceleratorSpecification]
) -> list[int | None]:
    """Return which of `there` each of `wanted` gets (a largest matching, by augmenting paths)."""
    rows = _will_do(wanted, there)
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
    given: list[int | None] = [None] * len(wanted)
    for index, want in holder.items():
        given[want] = index
    return given


def _will_do(
    wanted: Sequence[AcceleratorSpecification], there: Sequence[AcceleratorSpecification]
) -> list[list[int]]:
    """Return, for each of `wanted`, the indices of those of `there` that will do for it."""
    rows: list[list[int]] = []
    for number, want in enumerate(wanted):
        if number and want == wanted[number - 1]:  # equal ones come together
            rows.append(rows[-1])
        else:
            rows.append([index for index, spec in enumerate(there) if spec.match(want)])
    return rows
