"""The log of a counter: one record a line, appended under a lock, read on from where one was.

A writer that is killed leaves half a line at most, which the next writer cuts off. When most of the
log is history, it is written anew and renamed into place.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from types import TracebackType

from xpm_launchers.exceptions import TokenFileError

from ._locks import close_private, open_private
from ._queue import Queue, Record

VERSION = 1
FILE = "queue.jsonl"
#: As releases 2.x name it
LOCK = "ipc.lock"
#: Lines of history that are kept without need
SLACK = 1000

_compact = json.JSONEncoder(separators=(",", ":")).encode


class Log:
    """The log in a folder, and the state that it makes.

    Used as a context manager, that is under its lock, and then up to date.

    :param folder: the counter's folder.
    """

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, FILE)
        self.queue = Queue()
        self._lock = open_private(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT)
        self._file = -1
        self._read = 0
        self._lines = 0

    def close(self) -> None:
        """Close the files."""
        close_private(self._lock)
        close_private(self._file)
        self._file = -1

    def __del__(self) -> None:
        self.close()

    def changed(self) -> bool:
        """Tell whether there is something unread; costs one look at the file."""
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return self._file >= 0
        if self._file < 0 or there.st_size != self._read:
            return True
        mine = os.fstat(self._file)
        return (there.st_ino, there.st_dev) != (mine.st_ino, mine.st_dev)

    def __enter__(self) -> Log:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            self._catch_up()
        except BaseException:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    # --- Reading

    def _catch_up(self) -> None:
        if self._file < 0 or self._is_replaced():
            self._reopen()
        size = os.fstat(self._file).st_size
        if size > self._read:
            data = os.pread(self._file, size - self._read, self._read)
            # Half a line: its writer is dead, as we hold the lock.
            whole = data[: data.rfind(b"\n") + 1]
            for line in whole.splitlines():
                self._take_in(line)
            self._read += len(whole)
            if len(whole) < len(data):
                os.ftruncate(self._file, self._read)
        if not self._lines:
            self._append([{"op": "version", "version": VERSION}])

    def _is_replaced(self) -> bool:
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            return True
        mine = os.fstat(self._file)
        return (there.st_ino, there.st_dev) != (mine.st_ino, mine.st_dev)

    def _reopen(self) -> None:
        close_private(self._file)
        self._file = open_private(self.path, os.O_RDWR | os.O_CREAT)
        self.queue = Queue()
        self._read = self._lines = 0

    def _take_in(self, line: bytes) -> None:
        self._lines += 1
        try:
            record = json.loads(line)
            if record["op"] != "version":
                self.queue.apply(record)
            elif record["version"] != VERSION:
                raise ValueError(
                    f"version {record['version']!r} of the format, this release reads {VERSION}"
                )
        except (ValueError, KeyError, TypeError) as error:
            self._lines -= 1
            raise TokenFileError(
                f"{self.path}, line {self._lines + 1}: expected a record of a counter: {error}; "
                "remove the file when nothing uses the counter"
            ) from None

    # --- Writing

    def write(self, records: Iterable[Record]) -> None:
        """Append records and take them in; all or, when the disk is full, none.

        :raises OSError: when they cannot be written.
        """
        records = list(records)
        self._append(records)
        for record in records:
            self.queue.apply(record)
        if self._lines > SLACK + 4 * len(self.queue):
            self._rewrite()

    def _append(self, records: list[Record]) -> None:
        if not records:
            return
        data = b"".join(_compact(record).encode() + b"\n" for record in records)
        try:
            written = os.pwrite(self._file, data, self._read)
        except OSError:
            os.ftruncate(self._file, self._read)
            raise
        if written != len(data):
            os.ftruncate(self._file, self._read)
            raise OSError(28, "the disk is full", self.path)
        self._read += len(data)
        self._lines += len(records)

    def _rewrite(self) -> None:
        """Leave the history out. Not needed, only smaller: a full disk is no reason to fail."""
        records: list[Record] = [{"op": "version", "version": VERSION}, *self.queue.records()]
        data = b"".join(_compact(record).encode() + b"\n" for record in records)
        temporary = f"{self.path}.tmp"  # one writer at a time
        try:
            with open(temporary, "wb") as stream:
                stream.write(data)
            os.replace(temporary, self.path)
        except OSError:
            if os.path.exists(temporary):
                os.unlink(temporary)
            return
        self._reopen()
        self._catch_up()
