"""Watching processes that are nobody's children here."""

from __future__ import annotations

import os
import select

from xpm_os.processes import is_alive, open_pidfd

Identity = tuple[int, str]


class Watcher:
    """Knows which of some processes are alive, without asking the system each time.

    Args:
        poller: Where descriptors that become readable at a process's end are registered.
    """

    def __init__(self, poller: select.poll) -> None:
        self._poller = poller
        self._descriptors: dict[Identity, int | None] = {}
        self._identities: dict[int, Identity] = {}

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return list(self._identities)

    @property
    def polls(self) -> bool:
        """Whether the end of some process makes no descriptor readable: one has to ask again."""
        return None in self._descriptors.values()

    def is_alive(self, identity: Identity) -> bool:
        """Tell whether a process is alive, and watch it if it is."""
        descriptor = self._descriptors.get(identity, -1)
        if descriptor is not None and descriptor >= 0:
            return True  # else `fired` would have been called
        try:
            # The descriptor first: once it is there, the number cannot be another process's.
            if descriptor is not None:
                descriptor = open_pidfd(identity[0])
        except ProcessLookupError:
            return False
        if not is_alive(identity[0], identity[1] or None):
            if descriptor is not None:
                os.close(descriptor)
            self._descriptors.pop(identity, None)
            return False
        self._descriptors[identity] = descriptor
        if descriptor is not None:
            self._identities[descriptor] = identity
            self._poller.register(descriptor, select.POLLIN)
        return True

    def fired(self, descriptor: int) -> bool:
        """Take note that `descriptor` is readable; False when it is not one of these."""
        identity = self._identities.pop(descriptor, None)
        if identity is None:
            return False
        del self._descriptors[identity]
        self._poller.unregister(descriptor)
        os.close(descriptor)
        return True
