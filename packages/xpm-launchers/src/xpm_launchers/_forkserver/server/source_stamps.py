"""Whether the code that an interpreter has loaded is still the code on disk."""

from __future__ import annotations

import os
import sys


class SourceStamps:
    """The files of all modules loaded so far, as they are now.

    A fork server that outlives an upgrade, or an edit, would run jobs with the old code.
    """

    def __init__(self) -> None:
        self._stamps = {path: _stamp(path) for path in _files()}

    def changed(self) -> bool:
        """Return whether any of the files has been replaced, changed or removed since."""
        return any(_stamp(path) != stamp for path, stamp in self._stamps.items())


def _files() -> set[str]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {path for path in files if path}


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
