"""Which fork server a driver needs: the key of its address."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence

from xpm_launchers._host.hardware import cpu_mask
from xpm_os.hosts import LINUX

from .protocol import VERSION

#: Prefixes of the variables that an interpreter or the dynamic linker reads before any code runs
EARLY = ("PYTHON", "LD_", "DYLD_", "LC_", "LANG", "MALLOC_", "GLIBC_")
#: ... and of those that libraries read when they are loaded, which preloading does early
LIBRARIES = ("OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "CUDA_", "NVIDIA_", "TORCH_", "TF_")


def early_variables(extra_preload: bool) -> tuple[str, ...]:
    """Return the prefixes of the variables that cannot be changed in a fork.

    Args:
        extra_preload: Whether users' modules are preloaded.
    """
    return EARLY + LIBRARIES if extra_preload else EARLY


def interpreter_flags() -> list[str]:
    """Return the options that give another interpreter the modes of this one."""
    flags = sys.flags
    options = [
        ("-I", flags.isolated),
        ("-E", flags.ignore_environment and not flags.isolated),
        ("-s", flags.no_user_site and not flags.isolated),
        ("-S", flags.no_site),
        ("-B", flags.dont_write_bytecode),
        ("-O", flags.optimize == 1),
        ("-OO", flags.optimize >= 2),
        ("-P", getattr(flags, "safe_path", False) and not flags.isolated),
    ]
    flags_set = [option for option, is_set in options if is_set]
    for warning in sys.warnoptions:
        flags_set.append("-W" + warning)
    for name, value in sys._xoptions.items():
        flags_set += ["-X", name if value is True else f"{name}={value}"]
    return flags_set


def server_key(
    preload: Sequence[str], environ: Mapping[str, str], variables: tuple[str, ...]
) -> str:
    """Return the key of the server whose children are what this process's own would be.

    It covers the interpreter and what it read at its start, and what a process inherits and keeps:
    CPUs, limits, niceness, and the control group (a batch job's driver must not start processes in
    the control group of another one).
    """
    facts = [
        VERSION,
        sys.executable,
        sys.version,
        sys.prefix,
        interpreter_flags(),
        sorted((k, v) for k, v in environ.items() if k.startswith(variables)),
        [(module, _origin(module)) for module in preload],
        cpu_mask(),
        os.getpriority(os.PRIO_PROCESS, 0),
        [resource.getrlimit(getattr(resource, name)) for name in _LIMITS],
        _control_group(),
    ]
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=8).hexdigest()


_LIMITS = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))


def _origin(module: str) -> str | None:
    """Return the file of a module: another checkout of it needs another server."""
    loaded = sys.modules.get(module)
    if loaded is not None:
        return getattr(loaded, "__file__", None)
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return None
    return spec.origin if spec is not None else None


def _control_group() -> str:
    if not LINUX:
        return ""
    try:
        with open("/proc/self/cgroup") as stream:
            return stream.read()
    except OSError:
        return ""
