"""What is required, and what a host has."""

from xpm_launchers.finder import (
    AcceleratorSpecification,
    AcceleratorType,
    CPUSpecification,
    CudaSpecification,
    HostRequirement,
    HostSimpleRequirement,
    HostSpecification,
    MPSSpecification,
    RequirementUnion,
    cpu,
    cuda_gpu,
    gpu,
    mps_gpu,
)

__all__ = [
    "AcceleratorSpecification",
    "AcceleratorType",
    "CPUSpecification",
    "CudaSpecification",
    "HostRequirement",
    "HostSimpleRequirement",
    "HostSpecification",
    "MPSSpecification",
    "RequirementUnion",
    "cpu",
    "cuda_gpu",
    "gpu",
    "mps_gpu",
]
