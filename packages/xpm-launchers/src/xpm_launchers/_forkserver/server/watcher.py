"""Watching processes that are not children of the server."""

from __future__ import annotations

import os
import select

from xpm_os.processes import ProcessId, is_alive, open_pidfd


class Watcher:
    """The processes that are watched, and known to be alive without a look each time.

    Args:
        poller: Where descriptors that become readable at a process's end are registered.
    """

    def __init__(self, poller: select.poll) -> None:
        self._poller = poller
        self._descriptors: dict[ProcessId, int | None] = {}
        self._processes: dict[int, ProcessId] = {}

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return list(self._processes)

    @property
    def polls(self) -> bool:
        """Whether some process must be looked for, as its end makes no descriptor readable."""
        return None in self._descriptors.values()

    def is_alive(self, process: ProcessId) -> bool:
        """Return whether a process is alive, and watch it if it is."""
        descriptor = self._descriptors.get(process, -1)
        if descriptor is not None and descriptor >= 0:
            return True  # else `note_exit` would have been called
        try:
            # The descriptor first: once it is there, the number cannot be another process's.
            if descriptor is not None:
                descriptor = open_pidfd(process.pid)
        except ProcessLookupError:
            return False
        if not is_alive(process.pid, process.start or None):
            if descriptor is not None:
                os.close(descriptor)
            self._descriptors.pop(process, None)
            return False
        self._descriptors[process] = descriptor
        if descriptor is not None:
            self._processes[descriptor] = process
            self._poller.register(descriptor, select.POLLIN)
        return True

    def note_exit(self, descriptor: int) -> bool:
        """Watch the process of a readable descriptor no longer; return False when it has none."""
        process = self._processes.pop(descriptor, None)
        if process is None:
            return False
        del self._descriptors[process]
        self._poller.unregister(descriptor)
        os.close(descriptor)
        return True
