"""The ledger: which jobs hold what of this host, over all launch servers of a user.

One small file under a file lock. Why not a lock per slot that the job inherits: its own children
would inherit it too and hold the slot for ever, and cores, memory and devices are no slots. Why not
a central server: it could be killed. Entries name processes by number and start time, so that
anyone can see which are gone: nothing that dies, however, loses capacity.

The file has two halves, written in turn, each a numbered and checksummed JSON document: the newest
whole one counts, so that whoever is killed while writing spoils nothing. (Other files here are
renamed into place; this one is written twice a job, and some file systems write a file that is
renamed over another to disk at once, which costs as much as a fork.)
"""

from __future__ import annotations

import json
import os
from binascii import crc32
from types import TracebackType

from xpm_os.locks import lock, unlock

from .capacity import Entry

VERSION = 1
LEDGER = "ledger"
Server = tuple[int, str]

#: Bytes a half; the file is sparse
HALF = 1 << 20
#: Number, length and checksum of the document that follows
HEADER = b"%016x %08x %08x\n"
FIELDS = len(Entry._fields)
HEADER_SIZE = len(HEADER % (0, 0, 0))


class Ledger:
    """The shared record; used as a context manager, that is under its lock.

    >>> with Ledger(folder) as ledger:                                  # doctest: +SKIP
    ...     ledger.entries

    Args:
        folder: The runtime folder.
    """

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, LEDGER)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._number = -1
        self._written = b""
        #: What jobs hold, by request
        self.entries: dict[str, Entry] = {}
        #: Servers with jobs that wait for cores: how many cores the first of them wants
        self.waiting: dict[Server, int] = {}

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return [self._file]

    def find(self, process: tuple[int, str]) -> Entry | None:
        """Return what a process holds."""
        for entry in self.entries.values():
            if entry.pid and entry.owner == process:
                return entry
        return None

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def refresh(self) -> None:
        """Make the file look used: cleaners of temporary folders go by its times."""
        os.utime(self._file)

    def __enter__(self) -> Ledger:
        lock(self._file)
        try:
            number, data = _read(self._file, self._number)
            if number != self._number:
                self._number, self._written = number, data
                self.entries, self.waiting = _decode(data)
        except BaseException:
            unlock(self._file)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._write()
        finally:
            unlock(self._file)

    def _write(self) -> None:
        data = _encode(self.entries, self.waiting)
        if data == self._written:
            return
        # No sync to disk: after a crash of the system all processes are gone.
        number = self._number + 1
        whole = HEADER % (number, len(data), crc32(data)) + data
        try:
            if len(whole) > HALF or os.pwrite(self._file, whole, number % 2 * HALF) != len(whole):
                return
        except OSError:
            return  # a full disk: what is in memory stays ahead of the file, the next write retries
        self._number, self._written = number, data


def read_entries(path: str) -> dict[str, Entry]:
    """Return what a ledger's file says now, without waiting for its lock.

    Args:
        path: The file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        return _decode(_read(descriptor, -1)[1])[0]
    finally:
        os.close(descriptor)


def _read(descriptor: int, known: int) -> tuple[int, bytes]:
    """Return number and document of the newest whole half; no document when it is number `known`.

    Nothing that can be read is an empty ledger: counting from nothing exceeds capacity for as long
    as the jobs of now run, refusing would stop every experiment of this host for good.
    """
    halves = []
    for start in (0, HALF):
        header = os.pread(descriptor, HEADER_SIZE, start)
        try:
            number, length, checksum = (int(word, 16) for word in header.split())
        except ValueError:
            continue
        halves.append((number, length, checksum, start))
    for number, length, checksum, start in sorted(halves, reverse=True):
        if number == known:
            return number, b""
        data = os.pread(descriptor, length, start + HEADER_SIZE)
        if len(data) == length and crc32(data) == checksum:
            return number, data
    return (known if known < 0 else known + 1), b""


def _encode(entries: dict[str, Entry], waiting: dict[Server, int]) -> bytes:
    document = {
        "version": VERSION,
        "entries": list(entries.values()),
        "waiting": [[*server, cores] for server, cores in waiting.items()],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _decode(data: bytes) -> tuple[dict[str, Entry], dict[Server, int]]:
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise ValueError("unknown version")
        entries = {}
        for row in document["entries"]:
            entry = Entry(*row[:FIELDS])  # a later release may know more of it
            entries[entry.id] = entry._replace(
                server=(entry.server[0], entry.server[1]), devices=tuple(entry.devices)
            )
        return entries, {(pid, start): cores for pid, start, cores in document["waiting"]}
    except (ValueError, KeyError, TypeError):
        return {}, {}
