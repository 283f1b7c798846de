"""The launch server: one small single-threaded process that forks a child for each job.

It holds no state that matters: jobs are in sessions of their own and in the ledger, so that killing
it costs no job and no capacity.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

from xpm_launchers._procinfo import LINUX, start_time

from ._capacity import Entry, Host, Need, impossible
from ._children import Children, Ended
from ._jobs import Client, Identity, Job, describe_end
from ._ledger import Ledger
from ._listener import Listener
from ._protocol import VERSION, Message
from ._sources import Sources
from ._turns import Courtesy, Grants
from ._watch import Watcher

#: Seconds between the end of the last client and job and the server's
LINGER = 5.0
#: Seconds between looks at what cannot tell of itself
RETRY = 0.05
#: Seconds between signs of life, which keep cleaners of the temporary folder away
REFRESH = 3600.0
#: Ends of jobs whose drivers are gone that are kept for the next drivers
UNTOLD = 1000


class Server:
    """The loop, and everything that changes jobs.

    :param folder: the runtime folder.
    :param listener: where drivers connect.
    :param host: capacity.
    :param flags: options of the interpreter.
    :param variables: prefixes of the variables that count before an interpreter starts.
    """

    def __init__(
        self,
        folder: str,
        listener: Listener,
        host: Host,
        flags: list[str],
        variables: tuple[str, ...],
    ) -> None:
        self.identity: Identity = (os.getpid(), start_time(os.getpid()) or "")
        self.listener = listener
        self.host = host
        self.sources = Sources()
        self.ledger = Ledger(folder)
        self.poller = select.poll()
        self.watcher = Watcher(self.poller)
        self.courtesy = Courtesy(self.identity)
        self.children = Children(self.poller, self._descriptors, self.ledger.path, flags, variables)
        self.clients: dict[int, Client] = {}
        self.watched: list[Job] = []
        self.forked: list[Job] = []
        self.released: list[Job] = []
        #: Ends that there was no driver to be told of, the last ones
        self.untold: dict[Identity, dict[str, object]] = {}
        self.dirty = False
        self.retry_at: float | None = None
        self.idle_since = time.monotonic()
        self.refresh_at = self.idle_since
        self.oom_kills = _oom_kills()
        self.wakeup = os.pipe()
        self._hear_signals()
        self.poller.register(listener.descriptor, select.POLLIN)

    def _hear_signals(self) -> None:
        for descriptor in self.wakeup:
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self.wakeup[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.poller.register(self.wakeup[0], select.POLLIN)

    def _descriptors(self) -> list[int]:
        """What is open here: a child that kept any of it would keep the server's places alive."""
        found = [*self.wakeup, *self.listener.descriptors, *self.ledger.descriptors]
        return [*found, *self.watcher.descriptors, *self.children.descriptors, *self.clients]

    # --- The loop

    def run(self) -> None:
        """Serve until nobody is left to serve."""
        while not self._is_over():
            for descriptor, event in self.poller.poll(self._timeout()):
                self._ready(descriptor, event)
            ended = self.children.reap()
            self._kill_late()
            if time.monotonic() >= self.refresh_at:
                self.refresh_at = time.monotonic() + REFRESH
                self.listener.refresh()
                self.ledger.refresh()
            self._settle(ended)
            for client in list(self.clients.values()):
                self._flush(client)

    def _timeout(self) -> int:
        now = time.monotonic()
        times = [self.refresh_at, self.retry_at, *(job.deadline for job in self._processes())]
        if self._is_idle():
            times.append(self.idle_since + LINGER)
        first = min(each for each in times if each is not None)
        return max(0, int((first - now) * 1000) + 1)

    def _processes(self) -> list[Job]:
        return [*self.children.jobs.values(), *self.watched]

    def _kill_late(self) -> None:
        """Kill those whose time to end by themselves is over."""
        now = time.monotonic()
        for job in self._processes():
            if job.deadline is not None and job.deadline <= now:
                job.deadline = None
                job.send_signal(signal.SIGKILL)

    def _is_idle(self) -> bool:
        return not self.clients and not self.children.jobs

    def _is_over(self) -> bool:
        now = time.monotonic()
        if not self._is_idle():
            self.idle_since = now
            return False
        if now - self.idle_since < LINGER:
            return False
        # Somebody who is about to connect holds the lock: serve on.
        return self.listener.close()

    def _ready(self, descriptor: int, event: int) -> None:
        if descriptor in self.clients:
            self._serve(self.clients[descriptor], event)
        elif self.children.hear(descriptor):
            pass
        elif descriptor == self.wakeup[0]:
            with suppress(BlockingIOError):
                os.read(descriptor, 4096)
        elif descriptor == self.listener.descriptor:
            self._accept()
        elif self.watcher.fired(descriptor):
            self.dirty = True

    # --- Drivers

    def _accept(self) -> None:
        connection = self.listener.accept()
        if connection is not None:
            client = Client(connection)
            client.served = max((each.served for each in self.clients.values()), default=0)
            self.clients[connection.fileno()] = client
            self.poller.register(connection.fileno(), select.POLLIN)

    def _serve(self, client: Client, event: int) -> None:
        if not event & (select.POLLIN | select.POLLHUP | select.POLLERR):
            return  # it takes more now: flushed at the end of the round
        try:
            data = client.connection.recv(1 << 18)
            for message in client.reader.feed(data):
                self._obey(client, message)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        except (ValueError, KeyError, TypeError) as error:  # it talks nonsense: say so in the log
            sys.excepthook(type(error), error, error.__traceback__)
            data = b""
        if not data:
            self._forget(client)

    def _forget(self, client: Client) -> None:
        """A driver is gone: its jobs go on, its places are free."""
        if self.clients.pop(client.connection.fileno(), None) is None:
            return
        self.poller.unregister(client.connection.fileno())
        client.connection.close()
        client.waiting.clear()
        for job in list(client.jobs.values()):
            if not job.pid:
                self.released.append(job)
            job.leave()
        self.watched = [job for job in self.watched if job.client is not None]
        self.dirty = True

    def _flush(self, client: Client) -> None:
        if not client.out:
            return
        try:
            events = select.POLLIN if client.flush() else select.POLLIN | select.POLLOUT
        except OSError:
            self._forget(client)
        else:
            self.poller.modify(client.connection.fileno(), events)

    def _obey(self, client: Client, message: Message) -> None:
        op = message["op"]
        if op == "hello":
            self._greet(client, message)
        elif not client.greeted:
            raise ValueError("expected hello first")
        elif op == "request":
            self._request(client, message)
        elif op == "watch":
            self._watch(client, message)
        elif message["id"] in client.jobs:
            job = client.jobs[message["id"]]
            if op == "start":
                self._start(job, client, message)
            elif op == "cancel":
                self._cancel(job, client, message)

    def _greet(self, client: Client, message: Message) -> None:
        if message["version"] != VERSION or self.sources.changed():
            # Whoever is connected is served on; new drivers start a new server in our place.
            self.poller.unregister(self.listener.descriptor)
            self.listener.abandon()
            client.tell({"op": "stale"})
            return
        client.greeted = True
        client.uid = message["uid"]
        client.environ, client.path = message["environ"], message["path"]
        client.umask = message["umask"]
        client.tell({"op": "welcome", "pid": self.identity[0], "cpus": self.host.cpus})

    # --- Jobs

    def _request(self, client: Client, message: Message) -> None:
        job = Job(client, message["id"], Need.from_json(message.get("need", {})))
        reasons = impossible(job.need, self.host)
        if reasons:
            job.tell("refused", message="; ".join(reasons), impossible=True)
            return
        client.jobs[job.id] = job
        if message.get("again"):  # granted by a server that is no more: it has waited already
            client.waiting.appendleft(job)
        else:
            client.waiting.append(job)
        self.dirty = True

    def _watch(self, client: Client, message: Message) -> None:
        job = self.children.jobs.get(message["pid"])
        end = self.untold.pop((message["pid"], message["start"]), None)
        if end is not None:  # it has ended since its new driver looked
            Job(client, message["id"], Need()).tell("ended", **end)
            return
        if job is None or job.start != message["start"]:
            job = Job(client, message["id"], Need())
            job.pid, job.start = message["pid"], message["start"]
            self.watched.append(job)
            self.dirty = True
        elif job.client is not None:  # its own driver lives, and is to be told as well
            follower = Job(client, message["id"], Need())
            follower.pid, follower.start, follower.original = job.pid, job.start, job
            job.followers.append(follower)
            job = follower
        else:
            self._uncount(job)
            job.client, job.id, job.counted = client, message["id"], client
            client.cores += job.need.cores
        client.jobs[job.id] = job

    def _start(self, job: Job, client: Client, message: Message) -> None:
        if job.pid or job.entry_id not in self.ledger.entries:
            return
        try:
            self.children.start(job, client, message)
        except OSError as error:
            job.tell("refused", message=f"no process: {error.strerror}", retryable=True)
            self._release(job)
        else:
            self.forked.append(job)

    def _cancel(self, job: Job, client: Client, message: Message) -> None:
        if job.original is not None:
            job = job.original
        if job.pid:
            job.terminated = True
            job.send_signal(signal.SIGTERM)
            job.deadline = time.monotonic() + message.get("grace", 10.0)
        elif job in client.waiting:
            client.waiting.remove(job)
            job.leave()
        else:
            self._release(job)

    def _release(self, job: Job) -> None:
        self._uncount(job)
        self.released.append(job)
        job.leave()

    def _uncount(self, job: Job) -> None:
        if job.counted is not None:
            job.counted.cores -= job.need.cores
            job.counted = None

    # --- Capacity

    def _settle(self, ended: list[Ended]) -> None:
        """Bring the ledger up to date and grant what can be granted: once a round, for all."""
        due = self.retry_at is not None and self.retry_at <= time.monotonic()
        if not (self.dirty or due or self.forked or self.released or ended):
            return
        forked, released, self.forked, self.released = self.forked, self.released, [], []
        self.dirty, self.retry_at = False, None
        with self.ledger as ledger:
            for job in forked:
                ledger.entries[job.entry_id] = job.entry(self.identity, self.host.cpus)
            for job in [*released, *(each.job for each in ended)]:
                ledger.entries.pop(job.entry_id, None)
            for each in ended:
                self._uncount(each.job)
            gone = self._gone(ledger)
            granted = self._grant(ledger)
        for job in forked:
            self.children.go(job)
        for each in ended:
            self._tell_end(each)
        for job in gone:
            job.tell("ended", code=None, reason="lost", message="how it ended is not known")
            job.leave()
        for job in granted:
            job.tell("granted", devices=job.devices)

    def _tell_end(self, ended: Ended) -> None:
        job, code = ended.job, ended.code
        memory = False
        if code == -signal.SIGKILL:
            kills = _oom_kills()
            memory, self.oom_kills = kills > self.oom_kills, kills
        reason, message = describe_end(code, job.terminated, memory)
        fields: dict[str, object] = {
            "code": code,
            "reason": reason,
            "message": message,
            "max_rss": ended.max_rss,
            "cpu_time": ended.cpu_time,
        }
        if job.client is None:
            self.untold[job.pid, job.start] = fields
            if len(self.untold) > UNTOLD:
                del self.untold[next(iter(self.untold))]
        for each in (job, *job.followers):
            each.tell("ended", **fields)
            each.leave()

    def _gone(self, ledger: Ledger) -> list[Job]:
        """The watched processes that have ended."""
        gone = [job for job in self.watched if not self.watcher.is_alive((job.pid, job.start))]
        if gone:
            self.watched = [job for job in self.watched if job not in gone]
        if self.watched and self.watcher.polls:
            self._retry()
        return gone

    def _grant(self, ledger: Ledger) -> list[Job]:
        clients = [client for client in self.clients.values() if client.waiting]
        if not clients:
            ledger.waiting.pop(self.identity, None)
            return []
        self._prune(ledger)
        grants = Grants(ledger.entries, self.host)
        now = time.monotonic()
        if self.courtesy.yields(ledger.entries, ledger.waiting, self.host, now):
            self._retry()
            return []
        granted = grants.run(clients, self._reserve)
        if grants.cores_wanted:
            ledger.waiting[self.identity] = grants.cores_wanted
        else:
            ledger.waiting.pop(self.identity, None)
        return granted

    def _reserve(self, job: Job) -> Entry:
        return job.entry(self.identity, self.host.cpus)

    def _prune(self, ledger: Ledger) -> None:
        """Take what dead processes hold out of the ledger, and watch those that live."""
        for entry in list(ledger.entries.values()):
            if entry.server == self.identity:
                continue
            if not self.watcher.is_alive(entry.owner):
                del ledger.entries[entry.id]
            elif not entry.pid or self.watcher.polls:
                self._retry()  # a place that may be given back without any process ending
        for server in list(ledger.waiting):
            if server != self.identity and not self.watcher.is_alive(server):
                del ledger.waiting[server]

    def _retry(self) -> None:
        self.retry_at = time.monotonic() + RETRY


def _oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since boot."""
    if LINUX:
        with suppress(OSError), open("/proc/vmstat", "rb") as stream:
            for line in stream:
                if line.startswith(b"oom_kill "):
                    return int(line.split()[1])
    return 0
