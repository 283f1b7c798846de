"""What a driver has under way at its launch server: every decision, and no I/O.

Lines to send go to a callable, events to tell into a list of calls; the link makes both happen
(`_link`). When a server dies, the next one is told everything that is under way: running
processes are to be watched, waiting requests are sent again, and a start whose answer was lost is
looked up in the ledger: a child runs if and only if the ledger knows it, so what is not there is
started again. (If it has run and gone in the meantime, and another server has struck it out, that
is a second start; jobs with effects need a fence of their own.) What was cancelled is cancelled
again.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from xpm_launchers._forkserver.capacity import Entry, Need
from xpm_launchers._forkserver.protocol import Message
from xpm_launchers._interface.process import ProcessEnd
from xpm_launchers._processes.local import LocalProcess
from xpm_launchers.exceptions import LaunchError
from xpm_os.hosts import boot_id

from .messages import cancel_line, process_end, refusal, request_line, watch_line
from .ticket import GRANTED, OVER, QUEUED, REQUESTED, RUNNING, STARTING, LocalTicket

Calls = list[Callable[[], None]]

NEVER_STARTED = ProcessEnd(None, "cancelled", "cancelled before its start")


class Conversation:
    """The tickets of one link. Whoever calls holds the link's lock.

    Args:
        send: Takes a line for the server; only called while connected.
        uid: The driver's name in the ledger.
        window: Requests with the same need that wait at the server; the rest waits here, at little
            cost.
    """

    def __init__(self, send: Callable[[bytes], None], uid: str, window: int) -> None:
        self._transmit = send
        self._uid = uid
        self._window = window
        self._numbers = itertools.count(1)
        self._tickets: dict[int, LocalTicket] = {}
        self._queues: dict[Need, deque[LocalTicket]] = {}
        self._asked: dict[Need, int] = {}
        #: Whether there is a server, which was told everything
        self.connected = False

    # --- What the driver wants

    def request(self, ticket: LocalTicket) -> None:
        """Queue a ticket."""
        self._register(ticket)
        self._queues.setdefault(ticket.need, deque()).append(ticket)
        self._fill(ticket.need)

    def watch(self, ticket: LocalTicket, process: LocalProcess) -> None:
        """Watch a process for a ticket."""
        self._register(ticket)
        ticket.state, ticket.process = RUNNING, process
        self._send(watch_line(ticket))

    def start(self, ticket: LocalTicket, line: bytes) -> None:
        """Start a granted ticket's command.

        Raises:
            RuntimeError: When it is not granted, or was started before.
        """
        if ticket.state != GRANTED:
            raise RuntimeError(
                "a ticket is started once, after it was granted and before it is cancelled"
            )
        ticket.state, ticket.command = STARTING, line
        if ticket.held:
            self._send(line)

    def cancel(self, ticket: LocalTicket, calls: Calls) -> None:
        """Give a ticket's place back, or terminate its process."""
        if ticket.state == OVER:
            return
        if ticket.state == QUEUED:
            with suppress(KeyError, ValueError):  # its need is still being found out
                self._queues[ticket.need].remove(ticket)
        else:
            self._send(cancel_line(ticket))
        if ticket.state < STARTING:
            self._finish(ticket)
        elif ticket.state == STARTING and self.connected and not ticket.held:
            self._end(ticket, NEVER_STARTED, calls)
        else:
            ticket.cancelled = True

    def refuse(self, ticket: LocalTicket, error: LaunchError, calls: Calls) -> None:
        """Tell that a ticket gets no place."""
        if ticket.state != OVER:
            self._finish(ticket)
            calls.append(lambda: ticket.events.refused(ticket, error))

    def clear(self) -> None:
        """Forget all tickets."""
        self._tickets.clear()
        self._queues.clear()

    # --- What servers say, and their deaths

    def hear(self, message: Message, calls: Calls) -> None:
        """Take note of what the server says."""
        ticket = self._tickets.get(message["id"])
        if ticket is None:
            return
        op = message["op"]
        if op == "granted":
            ticket.held, ticket.devices = True, tuple(message["devices"])
            if ticket.state == REQUESTED:
                ticket.state = GRANTED
                self._answered(ticket)
                calls.append(lambda: ticket.events.granted(ticket))
            elif ticket.state == STARTING:
                self._send(ticket.command)
        elif op == "started":
            self._started(ticket, message["pid"], message["start"], calls)
        elif op == "refused":
            self.refuse(ticket, refusal(message), calls)
        elif op == "ended":
            self._end(ticket, process_end(message), calls)

    @property
    def starting(self) -> bool:
        """Whether a start has had no answer yet."""
        return any(ticket.state == STARTING for ticket in self._tickets.values())

    def introduce(self, entries: Mapping[str, Entry], calls: Calls) -> None:
        """Tell a server that was just connected to everything that is under way.

        Args:
            entries: The ledger's, if a start has had no answer.
        """
        self.connected = True
        self._asked.clear()
        granted: list[LocalTicket] = []
        requested: list[LocalTicket] = []
        for ticket in list(self._tickets.values()):
            entry = entries.get(f"{self._uid}-{ticket.number}")
            if ticket.state == STARTING and entry is not None and entry.pid:
                self._started(ticket, entry.pid, entry.start, calls)
            ticket.held = False
            if ticket.state == RUNNING:
                self._send(watch_line(ticket))
                if ticket.cancelled:
                    self._send(cancel_line(ticket))
            elif ticket.cancelled:
                self._end(ticket, NEVER_STARTED, calls)
            elif ticket.state in (GRANTED, STARTING):
                granted.append(ticket)
            elif ticket.state == REQUESTED:
                self._asked[ticket.need] = self._asked.get(ticket.need, 0) + 1
                requested.append(ticket)
        # Each of those granted before goes to the head of the queue, so: the last one first.
        for ticket in [*reversed(granted), *requested]:
            self._send(request_line(ticket))
        for need in self._queues:
            self._fill(need)

    def fail(self, cause: Exception, calls: Calls) -> None:
        """No server can be had: nothing that waits or runs can be followed."""
        retryable = isinstance(cause, LaunchError) and cause.retryable
        self._queues.clear()
        self._asked.clear()
        for ticket in list(self._tickets.values()):
            if ticket.state != RUNNING:
                ticket.state = QUEUED
                error = LaunchError(f"no launch server: {cause}", retryable=retryable)
                self.refuse(ticket, error, calls)
            else:
                message = f"not watched any more: no launch server: {cause}"
                self._end(ticket, ProcessEnd(None, "lost", message), calls)

    # --- Changes of a ticket's state

    def _register(self, ticket: LocalTicket) -> None:
        ticket.number = next(self._numbers)
        self._tickets[ticket.number] = ticket

    def _fill(self, need: Need) -> None:
        """Ask for as many places as the window allows."""
        queue = self._queues.get(need)
        while queue and self.connected and self._asked.get(need, 0) < self._window:
            ticket = queue.popleft()
            ticket.state = REQUESTED
            self._asked[need] = self._asked.get(need, 0) + 1
            self._send(request_line(ticket))

    def _started(self, ticket: LocalTicket, pid: int, start: str, calls: Calls) -> None:
        process = LocalProcess(pid, start, boot_id())
        ticket.state, ticket.process, ticket.command = RUNNING, process, b""
        calls.append(lambda: ticket.events.started(ticket, process))

    def _end(self, ticket: LocalTicket, end: ProcessEnd, calls: Calls) -> None:
        self._finish(ticket)
        calls.append(lambda: ticket.events.ended(ticket, end))

    def _finish(self, ticket: LocalTicket) -> None:
        if ticket.state == REQUESTED:
            self._answered(ticket)
        ticket.state = OVER
        self._tickets.pop(ticket.number, None)

    def _answered(self, ticket: LocalTicket) -> None:
        self._asked[ticket.need] -= 1
        self._fill(ticket.need)

    def _send(self, line: bytes) -> None:
        if self.connected:  # else everything is told again when connected
            self._transmit(line)
