"""A driver's end of the connection to a launch server.

One daemon thread reads what the server says and calls the events; it connects, starts the server
if needed, and starts another when that one dies. Then running processes are watched by the new
server, waiting requests are sent again, and a start whose answer was lost is looked up in the
ledger: a child runs if and only if the ledger knows it, so what is not there is started again. (If
it has run and gone in the meantime, and another server has struck it out, that is a second start;
jobs with effects need a fence of their own.)
"""

from __future__ import annotations

import itertools
import os
import select
import socket
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from xpm_launchers._interface import Command, LauncherEvents, ProcessEnd, PythonCall, Ticket
from xpm_launchers._procinfo import boot_id, cores_in, cpu_mask, start_time, umask
from xpm_launchers.exceptions import CapacityError, LauncherError, LaunchError

from ._capacity import Entry, Need
from ._ledger import LEDGER, read_entries
from ._process import LocalProcess
from ._protocol import VERSION, LineReader, Message, difference, encode
from ._startup import Address

QUEUED, REQUESTED, GRANTED, STARTING, RUNNING, OVER = range(6)
Calls = list[Callable[[], None]]

#: Servers that may die one after the other, having done nothing, before giving up
MAX_DEATHS = 5


class LocalTicket(Ticket):
    """A request to a launch server, then a process of this host."""

    __slots__ = (
        "_key", "_link", "command", "devices", "events", "held", "need", "number", "process",
        "state",
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


class ServerLink:
    """The connection of one launcher.

    :param address: makes the server's address; called in the thread, as it may take a while.
    :param spawn: whether each call gets an interpreter of its own.
    """

    def __init__(self, address: Callable[[], Address], *, spawn: bool = False) -> None:
        self._make_address = address
        self._spawn = spawn
        self._environ = dict(os.environ)
        self._path = [path for path in sys.path if path]
        self._uid = os.urandom(8).hex()
        self._numbers = itertools.count(1)
        self._window = max(32, 2 * cores_in(cpu_mask()))
        self._lock = threading.Lock()
        self._tickets: dict[int, LocalTicket] = {}
        self._queues: dict[Need, deque[LocalTicket]] = {}
        self._asked: dict[Need, int] = {}
        self._out = bytearray()
        self._socket: socket.socket | None = None
        self._address: Address | None = None
        self._thread: threading.Thread | None = None
        self._wakeup = os.pipe()
        self._deaths = 0
        self._closed = False
        for descriptor in self._wakeup:
            os.set_blocking(descriptor, False)
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
            self._register(ticket)
            self._queues.setdefault(ticket.need, deque()).append(ticket)
            self._fill(ticket.need)

    def watch(self, ticket: LocalTicket, process: LocalProcess) -> None:
        """Watch a process for a ticket."""
        with self._lock:
            self._register(ticket)
            ticket.state, ticket.process = RUNNING, process
            self._send_watch(ticket)

    def start(self, ticket: LocalTicket, command: Command) -> None:
        """Start a granted ticket's command."""
        line = encode(self._start_message(ticket, command))
        with self._lock:
            if ticket.state != GRANTED:
                raise RuntimeError(
                    "a ticket is started once, after it was granted and before it is cancelled"
                )
            ticket.state, ticket.command = STARTING, line
            if ticket.held:
                self._send(line)

    def cancel(self, ticket: LocalTicket) -> None:
        """Give a ticket's place back, or terminate its process."""
        lost = False
        with self._lock:
            if ticket.state == OVER:
                return
            if ticket.state == QUEUED:
                with suppress(KeyError, ValueError):  # its need is still being found out
                    self._queues[ticket.need].remove(ticket)
            elif ticket.state != STARTING or ticket.held:
                self._send(encode({"op": "cancel", "id": ticket.number}))
            if ticket.state == STARTING and not ticket.held:
                lost = True
            if ticket.state < STARTING or lost:
                self._finish(ticket)
        if lost:
            ticket.events.ended(ticket, ProcessEnd(None, "cancelled", "cancelled before its start"))

    def close(self) -> None:
        """Leave: no event follows."""
        with self._lock:
            self._closed = True
            self._tickets.clear()
            self._queues.clear()
            self._wake()
            if self._thread is None:
                self._close_descriptors()

    # --- Under the lock

    def _register(self, ticket: LocalTicket) -> None:
        if self._closed:
            raise RuntimeError("the launcher is closed")
        ticket.number = next(self._numbers)
        self._tickets[ticket.number] = ticket
        self._ensure_thread()

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="xpm-launchers", daemon=True)
            self._thread.start()

    def _fill(self, need: Need) -> None:
        """Ask for as many places as the window allows; the rest waits here, at little cost."""
        queue = self._queues.get(need)
        while queue and self._socket is not None and self._asked.get(need, 0) < self._window:
            ticket = queue.popleft()
            ticket.state = REQUESTED
            self._asked[need] = self._asked.get(need, 0) + 1
            self._send(encode(self._request_message(ticket)))

    def _request_message(self, ticket: LocalTicket) -> Message:
        message: Message = {"op": "request", "id": ticket.number}
        need = ticket.need.to_json()
        if need:
            message["need"] = need
        if ticket.state >= GRANTED:
            message["again"] = True
        return message

    def _send_watch(self, ticket: LocalTicket) -> None:
        process = ticket.process
        if process is not None:
            fields = {"pid": process.pid, "start": process.start or ""}
            self._send(encode({"op": "watch", "id": ticket.number, **fields}))

    def _finish(self, ticket: LocalTicket) -> None:
        if ticket.state == REQUESTED:
            self._answered(ticket)
        ticket.state = OVER
        self._tickets.pop(ticket.number, None)

    def _answered(self, ticket: LocalTicket) -> None:
        self._asked[ticket.need] -= 1
        self._fill(ticket.need)

    def _send(self, line: bytes) -> None:
        """Send as far as the server takes it now; the thread sends the rest."""
        if self._socket is None:
            return  # everything is told again when connected
        self._out += line
        if len(self._out) == len(line):
            self._flush()
            if self._out:
                self._wake()

    def _flush(self) -> None:
        if self._socket is None:
            return
        try:
            while self._out:
                del self._out[: self._socket.send(self._out)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:  # the thread reads the end of the stream, and deals with it
            self._out.clear()

    def _wake(self) -> None:
        with suppress(OSError):
            os.write(self._wakeup[1], b"x")

    def _start_message(self, ticket: LocalTicket, command: Command) -> Message:
        message: Message = {
            "op": "start",
            "id": ticket.number,
            "cwd": str(command.cwd),
            "stdout": str(command.stdout),
            "stderr": str(command.stderr),
            "environ": difference(command.environ, self._environ),
        }
        call = command.call
        if not isinstance(call, PythonCall):
            message["argv"] = list(call)
            return message
        message["target"], message["args"] = call
        path = list(command.python_path)
        if path != self._path:
            message["path"] = path
        if self._spawn:
            message["spawn"] = True
        return message

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
        hello: Message = {
            "op": "hello",
            "version": VERSION,
            "uid": self._uid,
            "environ": self._environ,
            "path": self._path,
            "umask": umask(),
        }
        try:
            connection.sendall(encode(hello))
            answer = b""
            while not answer.endswith(b"\n"):
                data = connection.recv(4096)
                if not data:
                    break
                answer += data
        except OSError:
            answer = b""
        if b'"welcome"' not in answer:
            connection.close()
            return None
        connection.setblocking(False)
        return connection

    def _converse(self, connection: socket.socket) -> None:
        reader = LineReader()
        poller = select.poll()
        poller.register(self._wakeup[0], select.POLLIN)
        _call(self._introduce(connection))
        while not self._closed:
            events = select.POLLIN | (select.POLLOUT if self._out else 0)
            poller.register(connection, events)
            poller.poll()
            with suppress(BlockingIOError):
                os.read(self._wakeup[0], 4096)
            try:
                data = connection.recv(1 << 18)
            except (BlockingIOError, InterruptedError):
                with self._lock:
                    self._flush()
                continue
            except OSError:
                data = b""
            if not data:
                break
            calls: Calls = []
            with self._lock:
                for message in reader.feed(data):
                    self._hear(message, calls)
            _call(calls)
        with self._lock:
            self._socket = None
            self._out.clear()
            connection.close()
        self._deaths += 1

    def _introduce(self, connection: socket.socket) -> Calls:
        """Tell a server everything that is under way."""
        calls: Calls = []
        starting = any(ticket.state == STARTING for ticket in self._tickets.values())
        entries = self._read_ledger() if starting else {}
        with self._lock:
            self._socket = connection
            self._asked.clear()
            again: list[LocalTicket] = []
            for ticket in list(self._tickets.values()):
                entry = entries.get(f"{self._uid}-{ticket.number}")
                if ticket.state == STARTING and entry is not None and entry.pid:
                    self._hear_started(ticket, entry.pid, entry.start, calls)
                if ticket.state == RUNNING:
                    self._send_watch(ticket)
                elif ticket.state in (REQUESTED, GRANTED, STARTING):
                    ticket.held = False
                    again.append(ticket)
            for ticket in again:
                if ticket.state == REQUESTED:
                    self._asked[ticket.need] = self._asked.get(ticket.need, 0) + 1
            # Each of those granted before goes to the head of the queue, so: the last one first.
            for ticket in sorted(again, key=lambda each: (each.state < GRANTED, -each.number)):
                if ticket.state >= GRANTED:
                    self._send(encode(self._request_message(ticket)))
            for ticket in again:
                if ticket.state == REQUESTED:
                    self._send(encode(self._request_message(ticket)))
            for need in self._queues:
                self._fill(need)
        return calls

    def _read_ledger(self) -> dict[str, Entry]:
        if self._address is None:
            return {}
        return read_entries(os.path.join(self._address.folder, LEDGER))

    def _hear(self, message: Message, calls: Calls) -> None:
        ticket = self._tickets.get(message["id"])
        if ticket is None:
            return
        op = message["op"]
        if op != "granted":
            self._deaths = 0  # it gets things done
        if op == "granted":
            ticket.held, ticket.devices = True, tuple(message["devices"])
            if ticket.state == REQUESTED:
                ticket.state = GRANTED
                self._answered(ticket)
                calls.append(lambda: ticket.events.granted(ticket))
            elif ticket.state == STARTING:
                self._send(ticket.command)
        elif op == "started":
            self._hear_started(ticket, message["pid"], message["start"], calls)
        elif op == "refused":
            self._refuse(ticket, _refusal(message), calls)
        elif op == "ended":
            end = ProcessEnd(
                message["code"],
                message["reason"],
                message["message"],
                message.get("max_rss"),
                message.get("cpu_time"),
            )
            self._finish(ticket)
            calls.append(lambda: ticket.events.ended(ticket, end))

    def _hear_started(self, ticket: LocalTicket, pid: int, start: str, calls: Calls) -> None:
        process = LocalProcess(pid, start, boot_id())
        ticket.state, ticket.process, ticket.command = RUNNING, process, b""
        calls.append(lambda: ticket.events.started(ticket, process))

    def _refuse(self, ticket: LocalTicket, error: LaunchError, calls: Calls) -> None:
        self._finish(ticket)
        calls.append(lambda: ticket.events.refused(ticket, error))

    def _fail(self, cause: Exception) -> None:
        """No server can be had: refuse what waits. A later request tries again."""
        retryable = isinstance(cause, LaunchError) and cause.retryable
        calls: Calls = []
        with self._lock:
            self._thread = None
            self._deaths = 0
            self._queues.clear()
            self._asked.clear()
            for ticket in list(self._tickets.values()):
                if ticket.state != RUNNING:
                    ticket.state = QUEUED
                    error = LaunchError(f"no launch server: {cause}", retryable=retryable)
                    self._refuse(ticket, error, calls)
                else:
                    self._finish(ticket)
                    end = ProcessEnd(
                        None, "lost", f"not watched any more: no launch server: {cause}"
                    )
                    calls.append(lambda t=ticket, e=end: t.events.ended(t, e))  # type: ignore[misc]
        _call(calls)

    def _close_descriptors(self) -> None:
        for descriptor in self._wakeup:
            os.close(descriptor)
        _links.discard(self)

    def forget(self) -> None:
        """In a fork of the driver: let go of the connection, without a word to the server."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._closed = True


def _refusal(message: Message) -> LaunchError:
    text = message["message"]
    if message.get("impossible"):
        return CapacityError(f"this host cannot run it: {text}")
    return LaunchError(f"could not be started: {text}", retryable=message.get("retryable", False))


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


def adopted(process: LocalProcess) -> LocalProcess | None:
    """Return `process` with its start noted, None when it is gone."""
    if not process.is_running():
        return None
    pinned = LocalProcess(process.pid, process.start or start_time(process.pid), process.boot)
    return pinned if pinned.start is not None else None
