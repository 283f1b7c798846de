"""From handles back to processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xpm_launchers._interface.entry_points import PROCESSES, load
from xpm_launchers._interface.process import Process
from xpm_launchers.exceptions import HandleError

from .processes import LocalProcess


def process_from_handle(handle: Mapping[str, Any]) -> Process:
    """Return the process that a handle names.

    Args:
        handle: What `Process.handle` returned; its `"type"` is the name of an entry point of the
            group `experimaestro.process`, a function of the handle.

    Raises:
        HandleError: When no such entry point exists, or the handle cannot be read.
    """
    kind = handle.get("type")
    if kind == "local":  # by far the most frequent: no search through all distributions
        return LocalProcess.from_handle(handle)
    try:
        read = load(PROCESSES, str(kind), "process type")
    except LookupError as error:
        raise HandleError(str(error)) from None
    process = read(handle)
    if isinstance(process, Process):
        return process
    raise HandleError(f"the process type {kind!r} gave {process!r}, which is not a Process")
