"""The identity of this host."""

from __future__ import annotations

import os
import sys

#: Whether this is Linux, where `/proc` says what other systems are asked for by programs
LINUX = sys.platform.startswith("linux")

_boot: str | None = None


def host_name() -> str:
    """Return the name of this host, as records that several hosts read name it.

    It is the node name of the system (uname(2)), of which `socket.gethostname()` returns the same.
    """
    return os.uname().nodename


def boot_id() -> str:
    """Return the identity of this boot; empty where the system has none.

    A process of another boot is gone, whatever its number.
    """
    global _boot
    if _boot is None:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
                _boot = file.read().strip()
        except OSError:
            _boot = ""
    return _boot
