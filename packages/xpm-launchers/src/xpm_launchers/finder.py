"""Hardware requirements, and the launcher that meets them."""

from ._finder._detect import local_host
from ._finder._explain import explain
from ._finder._matching import Missing
from ._finder._parser import parse
from ._finder._requirements import (
    HostRequirement,
    HostSimpleRequirement,
    MatchRequirement,
    RequirementUnion,
    cpu,
    cuda_gpu,
    gpu,
    mps_gpu,
)
from ._finder._specs import (
    AcceleratorSpecification,
    AcceleratorType,
    CPUSpecification,
    CudaSpecification,
    HostSpecification,
    MPSSpecification,
)
from ._registry import LauncherRegistry, find_launcher

__all__ = [
    # Finding a launcher
    "LauncherRegistry",
    "find_launcher",
    # What is asked for
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
