"""Hardware requirements, and the launcher that meets them."""

from ._dispatch.registry import LauncherRegistry, find_launcher
from ._requirements.detect import local_host
from ._requirements.explain import explain
from ._requirements.matching import Missing
from ._requirements.parser import parse
from ._requirements.requirements import (
    HostRequirement,
    HostSimpleRequirement,
    MatchRequirement,
    RequirementUnion,
    cpu,
    cuda_gpu,
    gpu,
    mps_gpu,
)
from ._requirements.specs import (
    AcceleratorSpecification,
    AcceleratorType,
    CPUSpecification,
    CudaSpecification,
    HostSpecification,
    MPSSpecification,
)

__all__ = [
    # Finding a launcher
    "LauncherRegistry",
    "find_launcher",
    # What is required
    "HostRequirement",
    "HostSimpleRequirement",
    "RequirementUnion",
    "cpu",
    "cuda_gpu",
    "gpu",
    "mps_gpu",
    "parse",
    # What there is
    "AcceleratorSpecification",
    "AcceleratorType",
    "CPUSpecification",
    "CudaSpecification",
    "HostSpecification",
    "MPSSpecification",
    "local_host",
    # Whether one meets the other
    "MatchRequirement",
    "Missing",
    "explain",
]
