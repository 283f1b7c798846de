"""The ledger: which jobs hold what of this host, over all launch servers of a user.

One small JSON file, replaced under a file lock. Why not a lock per slot that the job inherits: a
job's own children would inherit it too and hold the slot for ever, and cores, memory and devices
are no slots. Why not a central server: it could be killed. Entries name processes by number and
start time, so that anyone can see which are gone: nothing that dies, however, loses capacity.
"""

from __future__ import annotations

import fcntl
import json
import os
from types import TracebackType

from ._capacity import Entry

VERSION = 1
LEDGER = "ledger.json"
Server = tuple[int, str]


class Ledger:
    """The shared record; used as a context manager, that is under its lock.

    >>> with Ledger(folder) as ledger:                                  # doctest: +SKIP
    ...     ledger.entries

    :param folder: the runtime folder.
    """

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, LEDGER)
        self._spare = self.path + ".new"
        self._lock = os.open(
            os.path.join(folder, "ledger.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        self._seen: tuple[int, int, int] | None = None
        self._written = b""
        #: What jobs hold, by request
        self.entries: dict[str, Entry] = {}
        #: Servers with jobs that wait for cores: how many cores the first of them wants
        self.waiting: dict[Server, int] = {}

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return [self._lock]

    def close(self) -> None:
        """Close the lock file."""
        os.close(self._lock)

    def __enter__(self) -> Ledger:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            self._load()
        except BaseException:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._store()
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _load(self) -> None:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            self.entries, self.waiting, self._seen, self._written = {}, {}, None, b""
            return
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp == self._seen:
            return
        with open(self.path, "rb") as stream:
            self._written = stream.read()
        self.entries, self.waiting = _decode(self._written)
        self._seen = stamp

    def _store(self) -> None:
        data = _encode(self.entries, self.waiting)
        if data == self._written:
            return
        try:
            found = self._replace(data)
        except OSError:
            return  # a full disk: what is in memory stays ahead of the file, the next store retries
        self._written = data
        self._seen = (found.st_ino, found.st_mtime_ns, found.st_size)

    def _replace(self, data: bytes) -> os.stat_result:
        # No sync to disk: after a crash of the system all processes are gone.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        descriptor = os.open(self._spare, flags, 0o600)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError("short write")
            found = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        os.replace(self._spare, self.path)
        return found


def _encode(entries: dict[str, Entry], waiting: dict[Server, int]) -> bytes:
    document = {
        "version": VERSION,
        "entries": list(entries.values()),
        "waiting": [[*server, cores] for server, cores in waiting.items()],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def read_entries(path: str) -> dict[str, Entry]:
    """Return what a ledger's file says now, without waiting for its lock: it is replaced whole."""
    try:
        with open(path, "rb") as stream:
            return _decode(stream.read())[0]
    except OSError:
        return {}


def _decode(data: bytes) -> tuple[dict[str, Entry], dict[Server, int]]:
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise ValueError("unknown version")
        entries = {}
        for row in document["entries"]:
            entry = Entry(*row)
            entries[entry.id] = entry._replace(
                server=(entry.server[0], entry.server[1]), devices=tuple(entry.devices)
            )
        return entries, {(pid, start): cores for pid, start, cores in document["waiting"]}
    except (ValueError, KeyError, TypeError):
        # A full disk may have cut it. Counting from nothing exceeds capacity for as long as the
        # jobs of now run; refusing would stop every experiment of this host for good.
        return {}, {}
