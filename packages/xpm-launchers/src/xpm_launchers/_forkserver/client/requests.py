"""What a driver has under way at its fork server: every decision, and no I/O.

Lines to send go to a callable, calls of events into a list; the connection makes both happen. When
a server dies, all that is under way is sent to the next one: running processes are to be watched,
waiting requests are sent again, and a start without an answer is looked up in the ledger. A child
runs if and only if it is in the ledger, so what is not there is started again. (If it has run and
ended in the meantime, and another server has removed it from the ledger, that is a second start;
jobs with effects need a fence of their own.) What was cancelled is cancelled again.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from xpm_launchers._forkserver.capacity import Need, Reservation
from xpm_launchers._forkserver.protocol import Message
from xpm_launchers._host.processes import LocalProcess
from xpm_launchers._interface.process_exit import ProcessExit
from xpm_launchers.exceptions import LaunchError
from xpm_os.hosts import boot_id

from .messages import cancel_line, process_exit, refusal, request_line, watch_line
from .ticket import CLOSED, GRANTED, QUEUED, REQUESTED, RUNNING, STARTING, LocalTicket

#: Calls of events, to be made when the lock is released
Calls = list[Callable[[], None]]

NEVER_STARTED = ProcessExit(None, "cancelled", "cancelled before its start")


class Requests:
    """The tickets of one connection, of which the caller of a method holds the lock.

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
        #: Tickets that no server knows yet
        self._queues: dict[Need, deque[LocalTicket]] = {}
        #: How many requests wait at the server
        self._requested: dict[Need, int] = {}
        #: Whether there is a server, and it has all that is under way
        self.connected = False

    # --- What the driver wants

    def request(self, ticket: LocalTicket) -> None:
        """Queue a ticket."""
        self._register(ticket)
        self._queues.setdefault(ticket.need, deque()).append(ticket)
        self._send_requests(ticket.need)

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
        if ticket.granted_now:
            self._send(line)

    def cancel(self, ticket: LocalTicket, calls: Calls) -> None:
        """Release a ticket's slot, or terminate its process."""
        if ticket.state == CLOSED:
            return
        if ticket.state == QUEUED:
            with suppress(KeyError, ValueError):  # its need is still being found out
                self._queues[ticket.need].remove(ticket)
        else:
            self._send(cancel_line(ticket))
        if ticket.state < STARTING:
            self._close(ticket)
        elif ticket.state == STARTING and self.connected and not ticket.granted_now:
            self._report_exit(ticket, NEVER_STARTED, calls)
        else:
            ticket.cancelled = True

    def refuse(self, ticket: LocalTicket, error: LaunchError, calls: Calls) -> None:
        """Report that a ticket gets no slot."""
        if ticket.state != CLOSED:
            self._close(ticket)
            calls.append(lambda: ticket.events.refused(ticket, error))

    def clear(self) -> None:
        """Forget all tickets."""
        self._tickets.clear()
        self._queues.clear()

    # --- Messages of servers, and their deaths

    def receive(self, message: Message, calls: Calls) -> None:
        """Do what follows from a message of the server."""
        ticket = self._tickets.get(message["id"])
        if ticket is None:
            return
        op = message["op"]
        if op == "granted":
            ticket.granted_now, ticket.devices = True, tuple(message["devices"])
            if ticket.state == REQUESTED:
                ticket.state = GRANTED
                self._note_answer(ticket)
                calls.append(lambda: ticket.events.granted(ticket))
            elif ticket.state == STARTING:
                self._send(ticket.command)
        elif op == "started":
            self._report_start(ticket, message["pid"], message["start"], calls)
        elif op == "refused":
            self.refuse(ticket, refusal(message), calls)
        elif op == "ended":
            self._report_exit(ticket, process_exit(message), calls)

    @property
    def starting(self) -> bool:
        """Whether a start has had no answer yet."""
        return any(ticket.state == STARTING for ticket in self._tickets.values())

    def resend(self, reservations: Mapping[str, Reservation], calls: Calls) -> None:
        """Send all that is under way to a server that was just connected to.

        Args:
            reservations: Those of the ledger, if a start has had no answer.
            calls: Where to put calls of events.
        """
        self.connected = True
        self._requested.clear()
        granted: list[LocalTicket] = []
        requested: list[LocalTicket] = []
        for ticket in list(self._tickets.values()):
            reservation = reservations.get(f"{self._uid}-{ticket.number}")
            if ticket.state == STARTING and reservation is not None and reservation.pid:
                self._report_start(ticket, reservation.pid, reservation.start, calls)
            ticket.granted_now = False
            if ticket.state == RUNNING:
                self._send(watch_line(ticket))
                if ticket.cancelled:
                    self._send(cancel_line(ticket))
            elif ticket.cancelled:
                self._report_exit(ticket, NEVER_STARTED, calls)
            elif ticket.state in (GRANTED, STARTING):
                granted.append(ticket)
            elif ticket.state == REQUESTED:
                self._requested[ticket.need] = self._requested.get(ticket.need, 0) + 1
                requested.append(ticket)
        # Each of those granted before goes to the head of the queue, so: the last one first.
        for ticket in [*reversed(granted), *requested]:
            self._send(request_line(ticket))
        for need in self._queues:
            self._send_requests(need)

    def fail(self, cause: Exception, calls: Calls) -> None:
        """Close all tickets: there is no server, so nothing that waits or runs can be followed."""
        retryable = isinstance(cause, LaunchError) and cause.retryable
        self._queues.clear()
        self._requested.clear()
        for ticket in list(self._tickets.values()):
            if ticket.state != RUNNING:
                ticket.state = QUEUED
                error = LaunchError(f"no fork server: {cause}", retryable=retryable)
                self.refuse(ticket, error, calls)
            else:
                message = f"not watched any more: no fork server: {cause}"
                self._report_exit(ticket, ProcessExit(None, "lost", message), calls)

    # --- Changes of a ticket's state

    def _register(self, ticket: LocalTicket) -> None:
        ticket.number = next(self._numbers)
        self._tickets[ticket.number] = ticket

    def _send_requests(self, need: Need) -> None:
        """Request as many slots as the window allows."""
        queue = self._queues.get(need)
        while queue and self.connected and self._requested.get(need, 0) < self._window:
            ticket = queue.popleft()
            ticket.state = REQUESTED
            self._requested[need] = self._requested.get(need, 0) + 1
            self._send(request_line(ticket))

    def _report_start(self, ticket: LocalTicket, pid: int, start: str, calls: Calls) -> None:
        process = LocalProcess(pid, start, boot_id())
        ticket.state, ticket.process, ticket.command = RUNNING, process, b""
        calls.append(lambda: ticket.events.started(ticket, process))

    def _report_exit(self, ticket: LocalTicket, exit: ProcessExit, calls: Calls) -> None:
        self._close(ticket)
        calls.append(lambda: ticket.events.ended(ticket, exit))

    def _close(self, ticket: LocalTicket) -> None:
        if ticket.state == REQUESTED:
            self._note_answer(ticket)
        ticket.state = CLOSED
        self._tickets.pop(ticket.number, None)

    def _note_answer(self, ticket: LocalTicket) -> None:
        self._requested[ticket.need] -= 1
        self._send_requests(ticket.need)

    def _send(self, line: bytes) -> None:
        if self.connected:  # else everything is sent again when connected
            self._transmit(line)
