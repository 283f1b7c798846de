"""The fork server: one small single-threaded process that forks a child for each job.

It holds no state that matters: jobs are in sessions of their own and in the ledger, so that killing
it costs neither a job nor capacity.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

from xpm_launchers._forkserver.capacity import Host
from xpm_launchers._forkserver.ledger import Ledger
from xpm_launchers._forkserver.protocol import VERSION, Message
from xpm_os.processes import ProcessId, start_time

from .accounting import Accounting
from .children import Children
from .exits import Exits
from .handlers import Handlers
from .jobs import Client, Job
from .listener import Listener
from .source_stamps import SourceStamps
from .watcher import Watcher

#: Seconds between the end of the last client and job and that of the server
LINGER = 5.0
#: Seconds between signs of life, which keep cleaners of the temporary folder away
REFRESH = 3600.0


class Server:
    """The loop over what is ready to be read, what is due, and the drivers that are connected.

    Args:
        folder: The runtime folder.
        listener: Where drivers connect.
        host: Capacity.
        flags: Options of the interpreter.
        variables: Prefixes of the variables that count before an interpreter starts.
    """

    def __init__(
        self,
        folder: str,
        listener: Listener,
        host: Host,
        flags: list[str],
        variables: tuple[str, ...],
    ) -> None:
        self.process = ProcessId(os.getpid(), start_time(os.getpid()) or "")
        self.listener = listener
        self.host = host
        self.sources = SourceStamps()
        self.ledger = Ledger(folder)
        self.poller = select.poll()
        self.watcher = Watcher(self.poller)
        self.children = Children(self.poller, self._descriptors, self.ledger.path, flags, variables)
        exits = Exits()
        self.accounting = Accounting(
            self.process, host, self.ledger, self.watcher, self.children, exits
        )
        self.handlers = Handlers(self.accounting, self.children, exits)
        self.clients: dict[int, Client] = {}
        self.idle_since = time.monotonic()
        self.refresh_at = self.idle_since
        self.wakeup = os.pipe()
        self._watch_signals()
        self.poller.register(listener.descriptor, select.POLLIN)

    def _watch_signals(self) -> None:
        for descriptor in self.wakeup:
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self.wakeup[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.poller.register(self.wakeup[0], select.POLLIN)

    def _descriptors(self) -> list[int]:
        """Return what is open here: in a child it would outlive the server."""
        own = [*self.wakeup, *self.listener.descriptors, *self.ledger.descriptors]
        return [*own, *self.watcher.descriptors, *self.children.descriptors, *self.clients]

    # --- The loop

    def run(self) -> None:
        """Serve until there are neither drivers nor jobs."""
        while not self._is_over():
            for descriptor, event in self.poller.poll(self._timeout()):
                self._ready(descriptor, event)
            ended = self.children.reap()
            self._enforce_limits()
            if time.monotonic() >= self.refresh_at:
                self.refresh_at = time.monotonic() + REFRESH
                self.listener.refresh()
                self.ledger.refresh()
            self.accounting.update(ended, list(self.clients.values()))
            for client in list(self.clients.values()):
                self._flush(client)

    def _timeout(self) -> int:
        if self.accounting.pending:  # a driver was found to be gone at the end of the round
            return 0
        now = time.monotonic()
        times = [
            self.refresh_at,
            self.accounting.retry_at,
            *(job.deadline for job in self._processes()),
            *(job.expires for job in self._processes()),
        ]
        if self._is_idle():
            times.append(self.idle_since + LINGER)
        first = min(each for each in times if each is not None)
        return max(0, int((first - now) * 1000) + 1)

    def _processes(self) -> list[Job]:
        return [*self.children.jobs.values(), *self.accounting.watched]

    def _enforce_limits(self) -> None:
        """End the jobs whose time is over."""
        now = time.monotonic()
        for job in self._processes():
            job.enforce_limits(now)

    def _is_idle(self) -> bool:
        return not self.clients and not self.children.jobs

    def _is_over(self) -> bool:
        now = time.monotonic()
        if not self._is_idle():
            self.idle_since = now
            return False
        if now - self.idle_since < LINGER:
            return False
        # A driver that is about to connect holds the lock: then the server goes on.
        return self.listener.close()

    def _ready(self, descriptor: int, event: int) -> None:
        if descriptor in self.clients:
            self._receive(self.clients[descriptor], event)
        elif self.children.receive(descriptor):
            pass
        elif descriptor == self.wakeup[0]:
            with suppress(BlockingIOError):
                os.read(descriptor, 4096)
        elif descriptor == self.listener.descriptor:
            self._accept()
        elif self.watcher.note_exit(descriptor):
            self.accounting.changed = True

    # --- Drivers

    def _accept(self) -> None:
        connection = self.listener.accept()
        if connection is not None:
            client = Client(connection)
            client.served = max((each.served for each in self.clients.values()), default=0)
            self.clients[connection.fileno()] = client
            self.poller.register(connection.fileno(), select.POLLIN)

    def _receive(self, client: Client, event: int) -> None:
        if not event & (select.POLLIN | select.POLLHUP | select.POLLERR):
            return  # it takes more now: flushed at the end of the round
        try:
            data = client.connection.recv(1 << 18)
            for message in client.reader.feed(data):
                self._handle(client, message)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        except (ValueError, KeyError, TypeError) as error:  # malformed: written to the log
            sys.excepthook(type(error), error, error.__traceback__)
            data = b""
        if not data:
            self._forget(client)

    def _forget(self, client: Client) -> None:
        """Forget a driver that is gone: its jobs go on."""
        if self.clients.pop(client.connection.fileno(), None) is None:
            return
        self.poller.unregister(client.connection.fileno())
        client.connection.close()
        self.accounting.forget(client)

    def _flush(self, client: Client) -> None:
        if not client.out:
            return
        try:
            events = select.POLLIN if client.flush() else select.POLLIN | select.POLLOUT
        except OSError:
            self._forget(client)
        else:
            self.poller.modify(client.connection.fileno(), events)

    def _handle(self, client: Client, message: Message) -> None:
        if message["op"] == "hello":
            self._greet(client, message)
        elif client.greeted:
            self.handlers.handle(client, message)
        else:
            raise ValueError("expected hello first")

    def _greet(self, client: Client, message: Message) -> None:
        if message["version"] != VERSION or self.sources.changed():
            # Those who are connected are served on; new drivers start another server.
            if self.listener.descriptor >= 0:
                self.poller.unregister(self.listener.descriptor)
            self.listener.abandon()
            client.send({"op": "stale"})
            return
        client.greeted = True
        client.uid = message["uid"]
        client.environ, client.path = message["environ"], message["path"]
        client.umask = message["umask"]
        client.send({"op": "welcome", "pid": self.process.pid, "cpus": self.host.cpus})
