"""What a host has: processors, memory, accelerators."""

from __future__ import annotations

from enum import Enum

import attrs

from .units import approximate_memory, format_duration


class AcceleratorType(Enum):
    """Types of accelerators that can be distinguished."""

    CUDA = "cuda"
    MPS = "mps"


@attrs.frozen
class AcceleratorSpecification:
    """An accelerator: of a host, or required (then of any type).

    Attributes:
        memory: Bytes.
        model: Name of the card.
        min_memory: Of a host's: the least that must be required to get it, in bytes.
    """

    memory: int = 0
    model: str = ""
    min_memory: int = 0

    @property
    def accelerator_type(self) -> AcceleratorType | None:
        """The type; None: any."""
        return None

    @property
    def unified_memory(self) -> bool:
        """Whether its memory is a part of the host's."""
        return False

    def match(self, spec: AcceleratorSpecification) -> bool:
        """Return whether this one of a host satisfies `spec`, which is required."""
        if spec.accelerator_type not in (None, self.accelerator_type):
            return False
        return self.min_memory <= spec.memory <= self.memory

    @property
    def keyword(self) -> str:
        """The word for its type in a requirement string."""
        return "gpu" if self.accelerator_type is None else self.accelerator_type.value

    def __str__(self) -> str:
        model = f" ({self.model})" if self.model else ""
        memory = f" with {approximate_memory(self.memory)}" if self.memory else ""
        return f"{self.keyword}{memory}{model}"


@attrs.frozen
class CudaSpecification(AcceleratorSpecification):
    """An NVIDIA card, with memory of its own."""

    @property
    def accelerator_type(self) -> AcceleratorType:
        """CUDA."""
        return AcceleratorType.CUDA


@attrs.frozen
class MPSSpecification(AcceleratorSpecification):
    """An Apple GPU (Metal Performance Shaders), whose memory is the host's."""

    @property
    def accelerator_type(self) -> AcceleratorType:
        """MPS."""
        return AcceleratorType.MPS

    @property
    def unified_memory(self) -> bool:
        """True."""
        return True


@attrs.frozen
class CPUSpecification:
    """Processors and their memory.

    Attributes:
        memory: Bytes.
        cores: Number of cores.
        mem_per_cpu: Memory that a batch system gives with each core, in bytes; 0: not defined.
        cpu_per_gpu: Cores that a batch system gives with each GPU; 0: not defined.
    """

    memory: int = 0
    cores: int = 0
    mem_per_cpu: int = 0
    cpu_per_gpu: int = 0


def _merged(
    accelerators: list[AcceleratorSpecification], cuda: list[CudaSpecification]
) -> list[AcceleratorSpecification]:
    """All accelerators; those of `cuda` may be among the others already (a copied host)."""
    return [*accelerators, *(each for each in cuda if each not in accelerators)]


@attrs.frozen(kw_only=True)
class HostSpecification:
    """A host, or one kind of nodes of a cluster.

    Attributes:
        accelerators: All its accelerators.
        cuda: NVIDIA cards, added to the accelerators (the older way to give them).
        cpu: Its processors.
        priority: Preference; higher is preferred.
        max_duration: Seconds that a job may take; 0: no limit.
        min_gpu: Number of accelerators that must be required to get it.
    """

    accelerators: list[AcceleratorSpecification] = attrs.field(factory=list)
    cuda: list[CudaSpecification] = attrs.field(factory=list)
    cpu: CPUSpecification = attrs.field(factory=CPUSpecification)
    priority: int = 0
    max_duration: int = 0
    min_gpu: int = 0

    def __str__(self) -> str:
        parts = [f"{self.cpu.cores} cores", approximate_memory(self.cpu.memory)]
        for each in dict.fromkeys(self.accelerators):
            count = self.accelerators.count(each)
            parts.append(f"{count} x {each}" if count > 1 else str(each))
        if self.max_duration:
            parts.append(f"at most {format_duration(self.max_duration)}")
        if self.priority:
            parts.append(f"priority {self.priority}")
        return ", ".join(parts)

    def __attrs_post_init__(self) -> None:
        everything = _merged(self.accelerators, self.cuda)
        cards = [each for each in everything if isinstance(each, CudaSpecification)]
        # The class is frozen for users; here is where both lists are made one.
        object.__setattr__(self, "accelerators", everything)
        object.__setattr__(self, "cuda", cards)


class RequiredResources:
    """What a job needs of a host.

    Attributes:
        cpu: Cores, and bytes of memory.
        accelerators: One specification for each, the largest memory first.
        duration: Seconds; 0: as long as it takes.
    """

    def __init__(
        self, cpu: CPUSpecification, accelerators: list[AcceleratorSpecification], duration: int
    ) -> None:
        self.cpu = cpu
        self.accelerators = accelerators
        self.duration = duration
