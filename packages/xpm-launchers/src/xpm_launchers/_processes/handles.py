"""From handles back to processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xpm_launchers._interface.process import Process
from xpm_launchers.exceptions import HandleError

from .local import LocalProcess

GROUP = "experimaestro.process"


def process_from_handle(handle: Mapping[str, Any]) -> Process:
    """Return the process that a handle names.

    :param handle: what :meth:`Process.handle` returned; its ``"type"`` is the name of an entry
        point of the group ``experimaestro.process``, a function of the handle.
    :raises HandleError: when no such entry point exists, or the handle cannot be read.
    """
    kind = handle.get("type")
    if kind == "local":  # by far the most frequent: no search through all distributions
        return LocalProcess.from_handle(handle)
    from importlib.metadata import entry_points  # costs 20 ms

    found = entry_points(group=GROUP)
    for point in found:
        if point.name == kind:
            process = point.load()(handle)
            if isinstance(process, Process):
                return process
            raise HandleError(f"the process type {kind!r} gave {process!r}, which is no Process")
    known = ", ".join(sorted({"local", *(point.name for point in found)}))
    raise HandleError(f"unknown process type {kind!r}; known here: {known}")
