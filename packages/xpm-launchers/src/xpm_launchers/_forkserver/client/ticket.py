"""The ticket of a request to a launch server, as its driver knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_launchers._forkserver.capacity import Need
from xpm_launchers._interface.launcher import Command, LauncherEvents, Ticket

if TYPE_CHECKING:
    from xpm_launchers._processes.local import LocalProcess

    from .connection import ServerLink

#: The states of a ticket, in order: QUEUED is not known to a server yet
QUEUED, REQUESTED, GRANTED, STARTING, RUNNING, OVER = range(6)


class LocalTicket(Ticket):
    """A request to a launch server, then a process of this host."""

    __slots__ = (
        "_key", "_link", "cancelled", "command", "devices", "events", "held", "need", "number",
        "process", "state",
    )  # fmt: skip

    def __init__(self, link: ServerLink, key: Any, events: LauncherEvents, need: Need) -> None:
        self._link = link
        self._key = key
        self.events = events
        self.need = need
        self.number = 0
        self.state = QUEUED
        #: Whether the server of now has granted it
        self.held = False
        #: Whether it is to end: a server that dies may not have heard, or done, it
        self.cancelled = False
        self.command: bytes = b""
        self.devices: tuple[str, ...] = ()
        self.process: LocalProcess | None = None

    @property
    def key(self) -> Any:
        """The caller's object."""
        return self._key

    def start(self, command: Command) -> None:
        """Start `command`."""
        self._link.start(self, command)

    def cancel(self) -> None:
        """Give the place back, or terminate the process."""
        self._link.cancel(self)
