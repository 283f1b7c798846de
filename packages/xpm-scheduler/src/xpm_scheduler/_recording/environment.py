"""What a run depends on besides its parameters: the interpreter and the packages."""

from __future__ import annotations

import json
import os
import platform
import sys
from functools import lru_cache
from typing import Any


def capture_environment() -> dict[str, Any]:
    """Return the interpreter and the installed packages.

    Returns:
        `{"python_version", "packages": {name: version}, "editable_packages": {name:
        {"path": folder, "version": version}}}`.
    """
    packages: dict[str, str] = {}
    editable: dict[str, dict[str, str]] = {}
    # The first folder of the path wins, as it does for the import.
    for folder in reversed(sys.path):
        for name, version, source in _distributions(folder, _modified(folder)):
            packages[name] = version
            editable.pop(name, None)
            if source is not None:
                editable[name] = {"path": source, "version": version}
    return {
        "python_version": platform.python_version(),
        "packages": dict(sorted(packages.items())),
        "editable_packages": dict(sorted(editable.items())),
    }


def _modified(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return -1


@lru_cache(maxsize=64)
def _distributions(folder: str, modified: int) -> tuple[tuple[str, str, str | None], ...]:
    """Name, version and editable source of what a folder of `sys.path` holds.

    The names of the `.dist-info` folders say it all (PEP 376, PEP 427); reading each
    one's metadata, as `importlib.metadata` does, takes a hundred times as long.
    """
    del modified  # part of the key alone
    found = []
    try:
        entries = list(os.scandir(folder or "."))
    except OSError:
        return ()
    for entry in entries:
        stem, dot, suffix = entry.name.rpartition(".")
        if dot and suffix in ("dist-info", "egg-info"):
            name, _, version = stem.partition("-")
            found.append((name, version.partition("-")[0], _editable_source(entry.path)))
    return tuple(found)


def _editable_source(dist_info: str) -> str | None:
    """Return the folder of an editable installation (PEP 610); `None` for others."""
    try:
        with open(f"{dist_info}/direct_url.json", "rb") as file:
            origin = json.load(file)
        if not origin["dir_info"].get("editable"):
            return None
        return str(origin["url"]).removeprefix("file://")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
