"""What a job requires: alternatives of processors, memory, accelerators and time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from itertools import groupby

import attrs

from .matching import Missing, missing, satisfies
from .specs import (
    AcceleratorSpecification,
    CPUSpecification,
    CudaSpecification,
    HostSpecification,
    MPSSpecification,
    RequiredResources,
)
from .units import format_duration, format_memory, parse_memory

#: Where to note which requirement is matched with which host, to explain a user's function
MATCHES: ContextVar[list[tuple[HostRequirement, HostSpecification]] | None] = ContextVar(
    "MATCHES", default=None
)


@attrs.frozen
class MatchRequirement:
    """A host that satisfies a requirement.

    Attributes:
        score: The host's preference; higher is better.
        requirement: The alternative that it satisfies.
    """

    score: int
    requirement: HostSimpleRequirement


class HostRequirement(ABC):
    """Alternatives, the preferred one first. Written by `str`, read by `parse`."""

    @property
    @abstractmethod
    def requirements(self) -> list[HostSimpleRequirement]:
        """The alternatives, by order of preference."""

    @abstractmethod
    def multiply_duration(self, coefficient: float) -> HostRequirement:
        """Return the same requirement with a duration multiplied by `coefficient`."""

    def match(self, host: HostSpecification) -> MatchRequirement | None:
        """Return the first alternative that `host` satisfies, with its score; None without one."""
        matches = MATCHES.get()
        if matches is not None:
            matches.append((self, host))
        for each in self.requirements:
            if satisfies(each, host):
                return MatchRequirement(host.priority, each)
        return None

    def explain(self, host: HostSpecification) -> list[tuple[HostSimpleRequirement, list[Missing]]]:
        """Return for each alternative what `host` is short of; nothing when it satisfies it."""
        return [(each, missing(each, host)) for each in self.requirements]

    def __or__(self, other: HostRequirement) -> RequirementUnion:
        if not isinstance(other, HostRequirement):
            return NotImplemented
        return RequirementUnion(*self.requirements, *other.requirements)

    def __str__(self) -> str:
        return " | ".join(map(str, self.requirements))


def _sorted(accelerators: Sequence[AcceleratorSpecification]) -> list[AcceleratorSpecification]:
    return sorted(accelerators, key=lambda each: (-each.memory, each.keyword, each.model))


class HostSimpleRequirement(RequiredResources, HostRequirement):
    """One alternative: everything in it must be there.

    Args:
        reqs: Requirements to put together: accelerators add up; of memory, cores and duration the
            largest counts.
    """

    def __init__(self, *reqs: HostSimpleRequirement) -> None:
        super().__init__(
            cpu=CPUSpecification(
                memory=max((req.cpu.memory for req in reqs), default=0),
                cores=max((req.cpu.cores for req in reqs), default=0),
            ),
            accelerators=_sorted([each for req in reqs for each in req.accelerators]),
            duration=max((req.duration for req in reqs), default=0),
        )

    @property
    def requirements(self) -> list[HostSimpleRequirement]:
        """This alone."""
        return [self]

    @property
    def cuda_gpus(self) -> list[CudaSpecification]:
        """The NVIDIA cards among the accelerators."""
        return [each for each in self.accelerators if isinstance(each, CudaSpecification)]

    def multiply_duration(self, coefficient: float) -> HostSimpleRequirement:
        """Return the same requirement with a duration multiplied by `coefficient`."""
        requirement = HostSimpleRequirement(self)
        requirement.duration = int(self.duration * coefficient)
        return requirement

    def __and__(self, other: HostSimpleRequirement) -> HostSimpleRequirement:
        if not isinstance(other, HostSimpleRequirement):
            return NotImplemented
        return HostSimpleRequirement(self, other)

    def __mul__(self, count: int) -> HostSimpleRequirement:
        if not isinstance(count, int):
            return NotImplemented
        if count < 1 or not self.accelerators:
            raise ValueError(f"expected accelerators times a positive number, got {self} * {count}")
        requirement = HostSimpleRequirement(self)
        requirement.accelerators = _sorted(self.accelerators * count)
        return requirement

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HostSimpleRequirement):
            return NotImplemented
        return self._facts() == other._facts()

    def __hash__(self) -> int:
        return hash(self._facts())

    def _facts(self) -> tuple[object, ...]:
        return (self.cpu, tuple(self.accelerators), self.duration)

    def __str__(self) -> str:
        parts = [f"duration={format_duration(self.duration)}"] if self.duration else []
        if self.cpu.memory or self.cpu.cores:
            fields = [f"mem={format_memory(self.cpu.memory)}"] if self.cpu.memory else []
            if self.cpu.cores != 1:  # what one gets without saying so
                fields.append(f"cores={self.cpu.cores}")
            parts.append(f"cpu({', '.join(fields)})")
        for each, group in groupby(self.accelerators):
            count = len(list(group))
            memory = f"mem={format_memory(each.memory)}" if each.memory else ""
            parts.append(f"{each.keyword}({memory})" + (f" * {count}" if count > 1 else ""))
        return " & ".join(parts) or "duration=0s"

    def __repr__(self) -> str:
        return f"HostSimpleRequirement({str(self)!r})"


class RequirementUnion(HostRequirement):
    """Alternatives.

    Args:
        requirements: By order of preference.
    """

    def __init__(self, *requirements: HostSimpleRequirement) -> None:
        self._requirements = list(requirements)

    @property
    def requirements(self) -> list[HostSimpleRequirement]:
        """The alternatives, by order of preference."""
        return self._requirements

    def multiply_duration(self, coefficient: float) -> RequirementUnion:
        """Return the same alternatives with durations multiplied by `coefficient`."""
        return RequirementUnion(*(each.multiply_duration(coefficient) for each in self))

    def __iter__(self) -> Iterator[HostSimpleRequirement]:
        return iter(self._requirements)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RequirementUnion):
            return NotImplemented
        return self._requirements == other._requirements

    def __hash__(self) -> int:
        return hash(tuple(self._requirements))

    def __repr__(self) -> str:
        return f"RequirementUnion({str(self)!r})"


def of_duration(seconds: int) -> HostSimpleRequirement:
    """Require time.

    Args:
        seconds: How long the job may take.
    """
    requirement = HostSimpleRequirement()
    requirement.duration = seconds
    return requirement


def cpu(*, mem: str | int | None = None, cores: int = 1) -> HostSimpleRequirement:
    """Require processors.

    Args:
        mem: Memory, as text with a unit or in bytes.
        cores: Number of cores.
    """
    if not _is_count(cores):
        raise ValueError(f"expected a number of cores, got {cores!r}")
    requirement = HostSimpleRequirement()
    requirement.cpu = CPUSpecification(memory=_bytes(mem), cores=cores)
    return requirement


def gpu(*, mem: str | int | None = None) -> HostSimpleRequirement:
    """Require an accelerator of any type, with `mem` memory (text with a unit, or bytes)."""
    return _accelerator(AcceleratorSpecification(_bytes(mem)))


def cuda_gpu(*, mem: str | int | None = None) -> HostSimpleRequirement:
    """Require an NVIDIA card with `mem` memory (text with a unit, or bytes)."""
    return _accelerator(CudaSpecification(_bytes(mem)))


def mps_gpu(*, mem: str | int | None = None) -> HostSimpleRequirement:
    """Require an Apple GPU with `mem` memory (text with a unit, or bytes)."""
    return _accelerator(MPSSpecification(_bytes(mem)))


def _accelerator(spec: AcceleratorSpecification) -> HostSimpleRequirement:
    requirement = HostSimpleRequirement()
    requirement.accelerators = [spec]
    return requirement


def _bytes(memory: str | int | None) -> int:
    if isinstance(memory, str):
        return parse_memory(memory)
    if memory is not None and not _is_count(memory):
        raise ValueError(f"expected memory such as '32GiB', or a number of bytes, got {memory!r}")
    return memory or 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0
