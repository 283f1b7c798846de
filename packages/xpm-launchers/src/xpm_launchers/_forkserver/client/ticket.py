"""The ticket of a request to a fork server, as its driver knows it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from xpm_launchers._forkserver.capacity import Need
from xpm_launchers._interface.launcher import LauncherEvents, Ticket
from xpm_launchers._interface.process import Command

if TYPE_CHECKING:
    from xpm_launchers._host.processes import LocalProcess

#: The states of a ticket, in order: QUEUED is not known to a server yet
QUEUED, REQUESTED, GRANTED, STARTING, RUNNING, CLOSED = range(6)


class TicketConnection(ABC):
    """What a ticket needs of the connection that it was requested through."""

    @abstractmethod
    def start(self, ticket: LocalTicket, command: Command) -> None:
        """Start a granted ticket's command."""

    @abstractmethod
    def cancel(self, ticket: LocalTicket) -> None:
        """Release a ticket's slot, or terminate its process."""


class LocalTicket(Ticket):
    """A request to a fork server, then a process of this host.

    Args:
        connection: What starts and cancels it.
        key: The caller's object.
        events: What is called with everything that happens.
        need: What the process takes.

    Attributes:
        number: The driver's number of the request.
        state: One of the states above.
        granted_now: Whether the present server has granted it.
        cancelled: Whether it is to end: a server that dies may not have read, or done, it.
        command: The line that starts it, until it is known to have started.
        devices: The accelerators that were granted.
        process: What was started.
    """

    __slots__ = (
        "_connection", "_key", "cancelled", "command", "devices", "events", "granted_now", "need",
        "number", "process", "state",
    )  # fmt: skip

    def __init__(
        self, connection: TicketConnection, key: Any, events: LauncherEvents, need: Need
    ) -> None:
        self._connection = connection
        self._key = key
        self.events = events
        self.need = need
        self.number = 0
        self.state = QUEUED
        self.granted_now = False
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
        self._connection.start(self, command)

    def cancel(self) -> None:
        """Release the slot, or terminate the process."""
        self._connection.cancel(self)
