"""Hardware requirements, and the launcher that meets them."""

from xpm_launchers.finder import (
    AcceleratorSpecification,
    AcceleratorType,
    CPUSpecification,
    CudaSpecification,
    HostRequirement,
    HostSimpleRequirement,
    HostSpecification,
    LauncherRegistry,
    MPSSpecification,
    RequirementUnion,
    cpu,
    cuda_gpu,
    find_launcher,
    gpu,
    mps_gpu,
    parse,
)

__all__ = [
    "AcceleratorSpecification",
    "AcceleratorType",
    "CPUSpecification",
    "CudaSpecification",
    "HostRequirement",
    "HostSimpleRequirement",
    "HostSpecification",
    "LauncherRegistry",
    "MPSSpecification",
    "RequirementUnion",
    "cpu",
    "cuda_gpu",
    "find_launcher",
    "gpu",
    "mps_gpu",
    "parse",
]
