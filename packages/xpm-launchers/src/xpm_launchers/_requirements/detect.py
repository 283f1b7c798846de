"""What this machine has."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import lru_cache

from xpm_launchers._host.hardware import MPS, cores_in, cpu_mask, total_memory

from .specs import (
    AcceleratorSpecification,
    CPUSpecification,
    CudaSpecification,
    HostSpecification,
    MPSSpecification,
)

#: Seconds that the driver of a card may take to answer
NVIDIA_LIMIT = 30.0


@lru_cache(maxsize=1)
def local_devices() -> tuple[tuple[str, AcceleratorSpecification], ...]:
    """Return the accelerators of this machine that this process may use, with their names.

    A CUDA device's name is its number in PCI order, as `nvidia-smi` counts; what the variable
    `CUDA_VISIBLE_DEVICES` leaves out is not there. The result is remembered.
    """
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return ((MPS, MPSSpecification(memory=total_memory(), model=_apple_chip())),)
    return tuple(_cuda_devices())


def _apple_chip() -> str:
    """Return the name of the chip, such as "M2 Pro"."""
    name = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        output = subprocess.run(name, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return output.strip().removeprefix("Apple ")


def _cuda_devices() -> list[tuple[str, AcceleratorSpecification]]:
    query = "--query-gpu=index,uuid,memory.total,name"
    try:
        output = subprocess.run(
            ["nvidia-smi", query, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=NVIDIA_LIMIT,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):  # no such program, no card, no driver
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    allowed = None if visible is None else {part.strip() for part in visible.split(",")}
    devices: list[tuple[str, AcceleratorSpecification]] = []
    for line in output.splitlines():
        index, uuid, memory, model = (part.strip() for part in line.split(",", 3))
        if allowed is not None and not {index, uuid} & allowed:
            continue
        size = int(memory) << 20 if memory.isdigit() else total_memory()  # unified: "[N/A]"
        devices.append((index, CudaSpecification(memory=size, model=model)))
    return devices


def local_host(*, devices: bool = True) -> HostSpecification:
    """Return what this process may use of this machine.

    Args:
        devices: Whether to look for accelerators, which may take a second.
    """
    accelerators = [spec for _, spec in local_devices()] if devices else []
    cpu = CPUSpecification(memory=total_memory(), cores=cores_in(cpu_mask()))
    return HostSpecification(accelerators=accelerators, cpu=cpu)
