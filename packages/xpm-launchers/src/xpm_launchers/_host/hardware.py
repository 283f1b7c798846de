"""The hardware of this host that jobs share: CPUs, memory and the names of devices."""

from __future__ import annotations

import os

#: The name of an Apple GPU, of which a host has one, visible to all
MPS = "mps"


def cpu_mask() -> int:
    """Return the CPUs that this process may use, as a bit mask."""
    if hasattr(os, "sched_getaffinity"):
        return sum(1 << cpu for cpu in os.sched_getaffinity(0))
    return (1 << (os.cpu_count() or 1)) - 1


def cores_in(mask: int) -> int:
    """Return the number of CPUs in a mask."""
    return bin(mask).count("1")


def total_memory() -> int:
    """Return the memory of this host, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
