"""The identity of processes, read without spending a process on it."""

from __future__ import annotations

import os
from typing import NamedTuple

from .hosts import LINUX


class ProcessId(NamedTuple):
    """A process of this host, named for the whole life of the system.

    A number alone may name another process later; with its start time it cannot.

    Attributes:
        pid: Process number.
        start: When it started, as the system writes it.
    """

    pid: int
    start: str


def start_time(pid: int) -> str | None:
    """Return when a process started, as the system writes it.

    On Linux it is field 22 of `/proc/<pid>/stat`, in clock ticks since boot (proc(5)).

    Args:
        pid: Process number.

    Returns:
        The time; `None` when the process is gone, or a zombie.
    """
    if not LINUX:
        return _start_time_by_ps(pid)
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        data = os.read(descriptor, 1 << 16)
    except OSError:  # it has ended since
        return None
    finally:
        os.close(descriptor)
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
    """Return whether a process still runs.

    Args:
        pid: Process number.
        start: When it started; `None` for any process of this number.
    """
    found = start_time(pid)
    return found is not None and (start is None or start == found)


def open_pidfd(pid: int) -> int | None:
    """Open a descriptor that becomes readable when a process ends.

    Args:
        pid: Process number.

    Returns:
        The descriptor; `None` where the system has no such thing.

    Raises:
        ProcessLookupError: The process is gone.
    """
    opener = getattr(os, "pidfd_open", None)
    if opener is None:
        return None
    try:
        descriptor: int = opener(pid)
    except ProcessLookupError:
        raise
    except OverflowError:  # larger than any process number
        raise ProcessLookupError(f"no process has number {pid}") from None
    except OSError:  # an old kernel, or a sandbox that forbids it
        return None
    return descriptor


def umask() -> int:
    """Return the file mode mask, read without changing it (setting it is seen by all threads)."""
    if LINUX:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
