"""The log of a counter: one record a line, appended under a lock, read from where reading ended.

A writer that is killed leaves half a line at most, which the next writer cuts off. When most of the
log is history, it is written anew and renamed into place.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from contextlib import suppress

from xpm_launchers.exceptions import TokenFileError
from xpm_os.jsonl import compact, whole_lines
from xpm_os.locks import close_private, lock, open_private

from .queue import Queue, Record

VERSION = 1
FILE = "queue.jsonl"
#: As releases 2.x name it
LOCK = "ipc.lock"
#: Lines of history that are kept without need
SLACK = 1000


class Log:
    """The log in a folder, and the state that it makes.

    Used as a context manager, that is under its lock, and then up to date. Between uses no file is
    open: a program may have thousands of counters.

    Args:
        folder: The counter's folder.
    """

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, FILE)
        self.queue = Queue()
        self._lock_path = os.path.join(folder, LOCK)
        self._lock = self._file = -1
        #: What the file looked like at the end of the last use
        self._seen: tuple[int, ...] = ()
        #: Its first line, which is another one in each file
        self._first = b""
        self._read = 0
        self._lines = 0

    def changed(self) -> bool:
        """Return whether there is something unread; costs one `stat` of the file."""
        try:
            return _stamp(os.stat(self.path)) != self._seen
        except FileNotFoundError:
            return True

    def __enter__(self) -> Log:
        self._lock = open_private(self._lock_path, os.O_RDWR | os.O_CREAT)
        try:
            lock(self._lock)
            self._file = open_private(self.path, os.O_RDWR | os.O_CREAT)
            self._catch_up()
        except BaseException:
            self._close_files()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._seen = _stamp(os.fstat(self._file))
        finally:
            self._close_files()

    def _close_files(self) -> None:
        for descriptor in (self._file, self._lock):
            close_private(descriptor)
        self._lock = self._file = -1

    # --- Reading

    def _catch_up(self) -> None:
        size = os.fstat(self._file).st_size
        if not self._first or os.pread(self._file, len(self._first), 0) != self._first:
            self._restart()
        if size > self._read:
            data = os.pread(self._file, size - self._read, self._read)
            # Half a line: its writer is dead, as we hold the lock.
            lines, size_of_lines = whole_lines(data)
            for line in lines:
                self._apply_line(line + b"\n")
            self._read += size_of_lines
            if size_of_lines < len(data):
                os.ftruncate(self._file, self._read)
        if not self._lines:
            line = _version_line()
            self._append(line, 1)
            self._first = line

    def _restart(self) -> None:
        self.queue = Queue()
        self._first = b""
        self._read = self._lines = 0

    def _apply_line(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            if self._lines:
                self.queue.apply(record)
            elif record["version"] != VERSION:
                raise ValueError(
                    f"version {record['version']!r} of the format, this release reads {VERSION}"
                )
            else:
                self._first = line
        except (ValueError, KeyError, TypeError) as error:
            number = self._lines + 1
            self._restart()
            raise TokenFileError(
                f"{self.path}, line {number}: expected a record of a counter: {error}; "
                "remove the file when nothing uses the counter"
            ) from None
        self._lines += 1

    # --- Writing

    def write(self, records: Iterable[Record]) -> None:
        """Append records and apply them; all or, when the disk is full, none.

        Raises:
            OSError: When they cannot be written.
        """
        records = list(records)
        self._append(_encode(records), len(records))
        for record in records:
            self.queue.apply(record)
        if self._lines > SLACK + 4 * len(self.queue):
            self._rewrite()

    def _append(self, data: bytes, lines: int) -> None:
        try:
            written = os.pwrite(self._file, data, self._read)
        except OSError:
            os.ftruncate(self._file, self._read)
            raise
        if written != len(data):
            os.ftruncate(self._file, self._read)
            raise OSError(errno.ENOSPC, "the disk is full", self.path)
        self._read += len(data)
        self._lines += lines

    def _rewrite(self) -> None:
        """Leave the history out, which makes the file smaller: a full disk is no reason to fail."""
        temporary = f"{self.path}.tmp"  # one writer at a time
        try:
            with open(temporary, "wb") as stream:
                stream.write(_version_line() + _encode(self.queue.records()))
            os.replace(temporary, self.path)
        except OSError:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            return
        close_private(self._file)
        self._file = open_private(self.path, os.O_RDWR)
        self._catch_up()


def _version_line() -> bytes:
    """Return the first line; what is random in it distinguishes a file from its successor."""
    return _encode([{"version": VERSION, "id": os.urandom(6).hex()}])


def _encode(records: Iterable[Record]) -> bytes:
    return b"".join(compact(record).encode() + b"\n" for record in records)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
