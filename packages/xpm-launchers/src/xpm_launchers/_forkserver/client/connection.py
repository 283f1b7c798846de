"""A driver's end of the connection to a fork server.

One daemon thread reads the server's messages and calls the events; it connects, starts the server
if needed, and starts another when that one dies. Which messages are sent, and what follows from
those received, is decided in `requests`.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import weakref
from collections.abc import Callable

from xpm_launchers._forkserver.capacity import Reservation
from xpm_launchers._forkserver.ledger import LEDGER, read_reservations
from xpm_launchers._forkserver.protocol import LineReader
from xpm_launchers._host.hardware import cores_in, cpu_mask
from xpm_launchers._host.processes import LocalProcess
from xpm_launchers._interface.process import Command
from xpm_launchers.exceptions import LauncherError, LaunchError

from .bootstrap import Address, greet
from .messages import MessageEncoder
from .requests import Calls, Requests
from .send_buffer import SendBuffer
from .ticket import CLOSED, LocalTicket, TicketConnection

#: Servers that may die one after the other, having done nothing, before the client gives up
MAX_LOST_SERVERS = 5


class ServerConnection(TicketConnection):
    """The connection of one launcher.

    Args:
        address: Makes the server's address; called in the thread, as it may take a while.
        spawn: Whether each call gets an interpreter of its own.
    """

    def __init__(self, address: Callable[[], Address], *, spawn: bool = False) -> None:
        self._make_address = address
        self._encoder = MessageEncoder(spawn=spawn)
        self._lock = threading.Lock()
        window = max(32, 2 * cores_in(cpu_mask()))
        self._buffer = SendBuffer()
        self._requests = Requests(self._buffer.send, self._encoder.uid, window)
        self._address: Address | None = None
        self._thread: threading.Thread | None = None
        self._lost_servers = 0
        self._closed = False
        _connections.add(self)

    # --- Called by the launcher and by tickets, from any thread

    def prepare(self) -> None:
        """Connect, in the background."""
        with self._lock:
            self._ensure_thread()

    def request(self, ticket: LocalTicket) -> None:
        """Queue a ticket."""
        with self._lock:
            if ticket.state == CLOSED:
                return
            self._check_open()
            self._requests.request(ticket)
            self._ensure_thread()

    def watch(self, ticket: LocalTicket, process: LocalProcess) -> None:
        """Watch a process for a ticket."""
        with self._lock:
            self._check_open()
            self._requests.watch(ticket, process)
            self._ensure_thread()

    def start(self, ticket: LocalTicket, command: Command) -> None:
        """Start a granted ticket's command."""
        line = self._encoder.start(ticket, command)
        with self._lock:
            self._requests.start(ticket, line)

    def cancel(self, ticket: LocalTicket) -> None:
        """Release a ticket's slot, or terminate its process."""
        calls: Calls = []
        with self._lock:
            self._requests.cancel(ticket, calls)
        _call(calls)

    def refuse(self, ticket: LocalTicket, error: LaunchError) -> None:
        """Report that a ticket gets no slot, unless the launcher was closed."""
        calls: Calls = []
        with self._lock:
            if not self._closed:
                self._requests.refuse(ticket, error, calls)
        _call(calls)

    def close(self) -> None:
        """Close the connection: no event follows."""
        with self._lock:
            self._closed = True
            self._requests.clear()
            # What an interrupted call has left, as of a cancelled job, is still sent.
            self._buffer.flush()
            self._buffer.wake()
            if self._thread is None:
                self._close_descriptors()

    # --- Under the lock

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the launcher is closed")

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="xpm-launchers", daemon=True)
            self._thread.start()

    # --- The thread

    def _run(self) -> None:
        while not self._closed:
            try:
                connection = self._connect()
            except (LauncherError, OSError) as error:
                self._fail(error)
                return
            if connection is not None:
                self._exchange(connection)
        self._close_descriptors()

    def _connect(self) -> socket.socket | None:
        """Connect and send hello; return None when the server is about to end."""
        if self._lost_servers >= MAX_LOST_SERVERS:
            raise LaunchError(
                f"{MAX_LOST_SERVERS} of them died, one after the other", retryable=True
            )
        if self._address is None:
            self._address = self._make_address()
        connection = self._address.connect()
        if not greet(connection, self._encoder.hello()):
            connection.close()
            return None
        connection.setblocking(False)
        return connection

    def _exchange(self, connection: socket.socket) -> None:
        reader = LineReader()
        poller = select.poll()
        poller.register(self._buffer.descriptor, select.POLLIN)
        self._resend(connection)
        while not self._closed:
            events = select.POLLIN | (select.POLLOUT if self._buffer.pending else 0)
            poller.register(connection, events)
            poller.poll()
            self._buffer.clear_wakeup()
            try:
                data = connection.recv(1 << 18)
            except (BlockingIOError, InterruptedError):
                with self._lock:
                    self._buffer.flush()
                continue
            except OSError:
                data = b""
            if not data:
                break
            self._receive(reader, data)
        with self._lock:
            self._requests.connected = False
            self._buffer.disconnect()
        self._lost_servers += 1

    def _resend(self, connection: socket.socket) -> None:
        with self._lock:
            starting = self._requests.starting
        reservations = self._read_ledger() if starting else {}
        calls: Calls = []
        with self._lock:
            self._buffer.socket = connection
            self._requests.resend(reservations, calls)
        _call(calls)

    def _read_ledger(self) -> dict[str, Reservation]:
        if self._address is None:
            return {}
        return read_reservations(os.path.join(self._address.folder, LEDGER))

    def _receive(self, reader: LineReader, data: bytes) -> None:
        calls: Calls = []
        with self._lock:
            for message in reader.feed(data):
                if message["op"] != "granted":
                    self._lost_servers = 0  # it gets things done
                self._requests.receive(message, calls)
        _call(calls)

    def _fail(self, cause: Exception) -> None:
        """Refuse what waits, as no server can be reached. A later request tries again."""
        calls: Calls = []
        with self._lock:
            self._thread = None
            self._lost_servers = 0
            self._requests.fail(cause, calls)
        _call(calls)

    def _close_descriptors(self) -> None:
        self._buffer.close()
        _connections.discard(self)

    def abandon(self) -> None:
        """Drop the connection without a message to the server, in a fork of the driver."""
        self._requests.connected = False
        self._buffer.disconnect()
        self._closed = True


def _call(calls: Calls) -> None:
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the caller's code: it must not end the thread that others wait for
            sys.excepthook(type(error), error, error.__traceback__)


_connections: weakref.WeakSet[ServerConnection] = weakref.WeakSet()


def _abandon_all() -> None:
    for connection in list(_connections):
        connection.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
