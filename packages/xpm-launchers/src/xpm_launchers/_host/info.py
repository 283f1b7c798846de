"""Facts about processes and this host, read without spending a process on them."""

from __future__ import annotations

import os
import socket
import sys

LINUX = sys.platform.startswith("linux")
#: The name of an Apple GPU, of which a host has one, visible to all
MPS = "mps"


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 1 << 16)
    finally:
        os.close(descriptor)


_boot: str | None = None


def boot_id() -> str:
    """Identity of this boot: a process of another boot is gone, whatever its number."""
    global _boot
    if _boot is None:
        try:
            _boot = _read("/proc/sys/kernel/random/boot_id").decode().strip()
        except OSError:
            _boot = ""
    return _boot


def host_name() -> str:
    """Name under which handles know this host."""
    return socket.gethostname()


def start_time(pid: int) -> str | None:
    """When process `pid` started, as the system writes it; None when it is gone or a zombie.

    With the process number it names a process for the whole life of the system (proc(5): field
    22 of ``/proc/<pid>/stat``, in clock ticks since boot).
    """
    if not LINUX:
        return _start_time_by_ps(pid)
    try:
        data = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    # The command name is in parentheses and may hold anything, parentheses too.
    fields = data[data.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def _start_time_by_ps(pid: int) -> str | None:
    import subprocess  # only where /proc is missing; costs 10 ms

    found = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(None, 1)
    return None if len(found) < 2 or found[0].startswith("Z") else found[1].strip()


def is_alive(pid: int, start: str | None) -> bool:
    """Tell whether the process that started at `start` still runs (None: any start)."""
    found = start_time(pid)
    return found is not None and (start is None or start == found)


def open_pidfd(pid: int) -> int | None:
    """Return a descriptor that becomes readable when `pid` ends, None where there is no such thing.

    :raises ProcessLookupError: when the process is gone.
    """
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return None
    try:
        descriptor: int = opener(pid)
    except ProcessLookupError:
        raise
    except OSError:  # an old kernel, or a sandbox that forbids it
        return None
    return descriptor


def cpu_mask() -> int:
    """The CPUs that this process may use, as a bit mask."""
    if hasattr(os, "sched_getaffinity"):
        return sum(1 << cpu for cpu in os.sched_getaffinity(0))
    return (1 << (os.cpu_count() or 1)) - 1


def cores_in(mask: int) -> int:
    """Number of CPUs in a mask."""
    return bin(mask).count("1")


def total_memory() -> int:
    """The memory of this host, in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def umask() -> int:
    """The file mode mask, read without changing it (setting it is seen by all threads)."""
    if LINUX:
        for line in _read("/proc/self/status").splitlines():
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
