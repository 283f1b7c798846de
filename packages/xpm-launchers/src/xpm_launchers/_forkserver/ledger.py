"""The ledger: which jobs hold what of this host, over all fork servers of a user.

One small file under a file lock. Why not a lock for each slot, which the job inherits: its own
children would inherit it too and hold the slot for ever, and cores, memory and devices cannot be
cut into slots beforehand. Why not a central server: it could be killed. Reservations name processes
by number and start time, so that every server can see which are gone: whatever dies, in whatever
way, loses no capacity.

The file has two halves, written in turn, each a numbered and checksummed JSON document: the newest
whole one counts, so that a server which is killed while it writes spoils nothing. (Other files here
are renamed into place; this one is written twice for each job, and some file systems write a file
that is renamed over another to disk at once, which costs as much as a fork.)
"""

from __future__ import annotations

import json
import os
from binascii import crc32

from xpm_os.locks import lock, unlock
from xpm_os.processes import ProcessId

from .capacity import Reservation

VERSION = 1
LEDGER = "ledger"

#: Bytes of a half; the file is sparse
HALF = 1 << 20
#: Number, length and checksum of the document that follows
HEADER = b"%016x %08x %08x\n"
FIELDS = len(Reservation._fields)
HEADER_SIZE = len(HEADER % (0, 0, 0))


class Ledger:
    """The shared record, up to date and locked while it is used as a context manager.

    >>> with Ledger(folder) as ledger:                                  # doctest: +SKIP
    ...     ledger.reservations

    Args:
        folder: The runtime folder.
    """

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, LEDGER)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._number = -1
        self._written = b""
        #: What jobs hold, by request
        self.reservations: dict[str, Reservation] = {}
        #: Servers with jobs that wait for cores: how many cores the first of them wants
        self.waiting: dict[ProcessId, int] = {}

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return [self._file]

    def find(self, process: ProcessId) -> Reservation | None:
        """Return what a process holds, if it holds anything."""
        for each in self.reservations.values():
            if each.pid and each.holder == process:
                return each
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
                self.reservations, self.waiting = _decode(data)
        except BaseException:
            unlock(self._file)
            raise
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if error is None:
                self._write()
        finally:
            unlock(self._file)

    def _write(self) -> None:
        data = _encode(self.reservations, self.waiting)
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


def read_reservations(path: str) -> dict[str, Reservation]:
    """Return what a ledger's file holds now, without waiting for its lock.

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


def _read(descriptor: int, last: int) -> tuple[int, bytes]:
    """Return number and document of the newest whole half; no document when it is number `last`.

    A file of which nothing can be read is an empty ledger: counting from nothing exceeds capacity
    for as long as the present jobs run; refusing would stop every experiment of this host for good.
    """
    halves = []
    for start in (0, HALF):
        header = os.pread(descriptor, HEADER_SIZE, start)
        try:
            number, length, checksum = (int(field, 16) for field in header.split())
        except ValueError:
            continue
        if 0 <= length <= HALF - HEADER_SIZE:
            halves.append((number, length, checksum, start))
    for number, length, checksum, start in sorted(halves, reverse=True):
        if number == last:
            return number, b""
        data = os.pread(descriptor, length, start + HEADER_SIZE)
        if len(data) == length and crc32(data) == checksum:
            return number, data
    return (last if last < 0 else last + 1), b""


def _encode(reservations: dict[str, Reservation], waiting: dict[ProcessId, int]) -> bytes:
    document = {
        "version": VERSION,
        "entries": list(reservations.values()),
        "waiting": [[*server, cores] for server, cores in waiting.items()],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _decode(data: bytes) -> tuple[dict[str, Reservation], dict[ProcessId, int]]:
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise ValueError("unknown version")
        reservations = {}
        for row in document["entries"]:
            reservation = Reservation(*row[:FIELDS])  # a later release may know more of it
            reservations[reservation.id] = reservation._replace(
                server=ProcessId(*reservation.server[:2]), devices=tuple(reservation.devices)
            )
        waiting = {ProcessId(pid, start): cores for pid, start, cores in document["waiting"]}
        return reservations, waiting
    except (ValueError, KeyError, TypeError):
        return {}, {}
