"""A driver's end of the connection to a launch server.

One daemon thread reads what the server says and calls the events; it connects, starts the server
if needed, and starts another when that one dies. What is said and heard, and what follows from it,
is for `_conversation` to decide.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
import weakref
from collections.abc import Callable

from xpm_launchers._forkserver.capacity import Entry
from xpm_launchers._forkserver.ledger import LEDGER, read_entries
from xpm_launchers._forkserver.protocol import LineReader
from xpm_launchers._host.hardware import cores_in, cpu_mask
from xpm_launchers._interface.process import Command
from xpm_launchers._processes.local import LocalProcess
from xpm_launchers.exceptions import LauncherError, LaunchError

from .bootstrap import Address, greet
from .messages import Speaker
from .requests import Calls, Conversation
from .send_buffer import Outbox
from .ticket import OVER, LocalTicket, TicketConnection

#: Servers that may die one after the other, having done nothing, before giving up
MAX_DEATHS = 5


class ServerLink(TicketConnection):
    """The connection of one launcher.

    Args:
        address: Makes the server's address; called in the thread, as it may take a while.
        spawn: Whether each call gets an interpreter of its own.
    """

    def __init__(self, address: Callable[[], Address], *, spawn: bool = False) -> None:
        self._make_address = address
        self._speaker = Speaker(spawn=spawn)
        self._lock = threading.Lock()
        window = max(32, 2 * cores_in(cpu_mask()))
        self._outbox = Outbox()
        self._conversation = Conversation(self._outbox.send, self._speaker.uid, window)
        self._address: Address | None = None
        self._thread: threading.Thread | None = None
        self._deaths = 0
        self._closed = False
        _links.add(self)

    # --- Called by the launcher and by tickets, from any thread

    def prepare(self) -> None:
        """Connect, in the background."""
        with self._lock:
            self._ensure_thread()

    def request(self, ticket: LocalTicket) -> None:
        """Queue a ticket."""
        with self._lock:
            if ticket.state == OVER:
                return
            self._check_open()
            self._conversation.request(ticket)
            self._ensure_thread()

    def watch(self, ticket: LocalTicket, process: LocalProcess) -> None:
        """Watch a process for a ticket."""
        with self._lock:
            self._check_open()
            self._conversation.watch(ticket, process)
            self._ensure_thread()

    def start(self, ticket: LocalTicket, command: Command) -> None:
        """Start a granted ticket's command."""
        line = self._speaker.start(ticket, command)
        with self._lock:
            self._conversation.start(ticket, line)

    def cancel(self, ticket: LocalTicket) -> None:
        """Give a ticket's place back, or terminate its process."""
        calls: Calls = []
        with self._lock:
            self._conversation.cancel(ticket, calls)
        _call(calls)

    def refuse(self, ticket: LocalTicket, error: LaunchError) -> None:
        """Tell that a ticket gets no place, unless nobody wants to know any more."""
        calls: Calls = []
        with self._lock:
            if not self._closed:
                self._conversation.refuse(ticket, error, calls)
        _call(calls)

    def close(self) -> None:
        """Leave: no event follows."""
        with self._lock:
            self._closed = True
            self._conversation.clear()
            self._outbox.wake()
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
                self._converse(connection)
        self._close_descriptors()

    def _connect(self) -> socket.socket | None:
        """Connect and say hello; None when the server is on its way out."""
        if self._deaths >= MAX_DEATHS:
            raise LaunchError(f"{MAX_DEATHS} of them died, one after the other", retryable=True)
        if self._address is None:
            self._address = self._make_address()
        connection = self._address.connect()
        if not greet(connection, self._speaker.hello()):
            connection.close()
            return None
        connection.setblocking(False)
        return connection

    def _converse(self, connection: socket.socket) -> None:
        reader = LineReader()
        poller = select.poll()
        poller.register(self._outbox.descriptor, select.POLLIN)
        self._introduce(connection)
        while not self._closed:
            events = select.POLLIN | (select.POLLOUT if self._outbox.waits else 0)
            poller.register(connection, events)
            poller.poll()
            self._outbox.hush()
            try:
                data = connection.recv(1 << 18)
            except (BlockingIOError, InterruptedError):
                with self._lock:
                    self._outbox.flush()
                continue
            except OSError:
                data = b""
            if not data:
                break
            self._hear(reader, data)
        with self._lock:
            self._conversation.connected = False
            self._outbox.disconnect()
        self._deaths += 1

    def _introduce(self, connection: socket.socket) -> None:
        with self._lock:
            starting = self._conversation.starting
        entries = self._read_ledger() if starting else {}
        calls: Calls = []
        with self._lock:
            self._outbox.socket = connection
            self._conversation.introduce(entries, calls)
        _call(calls)

    def _read_ledger(self) -> dict[str, Entry]:
        if self._address is None:
            return {}
        return read_entries(os.path.join(self._address.folder, LEDGER))

    def _hear(self, reader: LineReader, data: bytes) -> None:
        calls: Calls = []
        with self._lock:
            for message in reader.feed(data):
                if message["op"] != "granted":
                    self._deaths = 0  # it gets things done
                self._conversation.hear(message, calls)
        _call(calls)

    def _fail(self, cause: Exception) -> None:
        """No server can be had: refuse what waits. A later request tries again."""
        calls: Calls = []
        with self._lock:
            self._thread = None
            self._deaths = 0
            self._conversation.fail(cause, calls)
        _call(calls)

    def _close_descriptors(self) -> None:
        self._outbox.close()
        _links.discard(self)

    def forget(self) -> None:
        """In a fork of the driver: let go of the connection, without a word to the server."""
        self._conversation.connected = False
        self._outbox.disconnect()
        self._closed = True


def _call(calls: Calls) -> None:
    for call in calls:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the caller's code: it must not end the thread that others wait for
            sys.excepthook(type(error), error, error.__traceback__)


_links: weakref.WeakSet[ServerLink] = weakref.WeakSet()


def _forget_all() -> None:
    for link in list(_links):
        link.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
