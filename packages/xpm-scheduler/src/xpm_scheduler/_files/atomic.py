"""Files that are whole or absent, and locks between processes."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xpm_scheduler.exceptions import CorruptFileError

_counter = itertools.count()


def write_atomic(path: str | Path, content: str) -> None:
    """Write ``content`` so that a reader sees all of it, or the file that was there before.

    The temporary file lies beside its target (a rename must stay on one file system)
    and carries the process id, so that two writers never share one.
    """
    temporary = f"{path}.{os.getpid()}.{next(_counter)}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            view = memoryview(content.encode())
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException as error:
        # A full disk must not be filled further by what it left half written.
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise _about(error, path) from None
        raise


def _about(error: OSError, path: str | Path) -> OSError:
    """The same error, about a file: writing names none, and renaming a temporary one."""
    return OSError(error.errno, error.strerror, str(path))


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as JSON, atomically."""
    write_atomic(path, json.dumps(value))


def read_json_object(path: str | Path) -> dict[str, Any] | None:
    """Read a JSON object.

    Returns:
        The object, or ``None`` when there is no such file.

    Raises:
        CorruptFileError: the file is there, and is not a JSON object.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        value = json.loads(content)
    except ValueError as error:
        raise CorruptFileError(f"{path}: expected a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise CorruptFileError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value


class FileLock:
    """A lock between processes on a file, given back when its holder dies.

    ``flock`` and not ``lockf``: it belongs to the open file, so that two threads exclude
    each other too, and closing an unrelated descriptor of the same file gives nothing back.

    Args:
        path: the file; made when it is not there, and left there.
    """

    __slots__ = ("_descriptor", "path")

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self._descriptor = -1

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor >= 0

    def acquire(self, *, blocking: bool = True) -> bool:
        """Take the lock for this object alone.

        Returns:
            Whether it was taken; always true when ``blocking``.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if blocking else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def share(self) -> None:
        """Keep only the shared half: others can share it, none can have it alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def write_owner(self, text: str) -> None:
        """Say in the file who holds the lock (for people: the lock itself is the kernel's)."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)


class LineLog:
    """An append-only file of lines, buffered until :meth:`flush`.

    Each flush is one ``write`` on a file opened for appending, so that lines of several
    writers never mix on a local file system.
    """

    __slots__ = ("_descriptor", "_lines", "_path", "_rest")

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._lines: list[str] = []
        #: What is still to be written of an earlier flush.
        self._rest = b""
        self._descriptor = -1

    def append(self, value: dict[str, Any]) -> None:
        """Add one record."""
        self._lines.append(_compact(value))

    def flush(self) -> None:
        """Hand what was added to the operating system.

        Raises:
            OSError: it could not be written, as on a full disk; the next time goes on with it.
        """
        if not (self._lines or self._rest):
            return
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o666)
        if self._lines:
            self._rest += ("\n".join(self._lines) + "\n").encode()
            self._lines.clear()
        try:
            while self._rest:
                self._rest = self._rest[os.write(self._descriptor, self._rest) :]
        except OSError as error:
            raise _about(error, self._path) from None

    def close(self) -> None:
        """Flush, and close the file."""
        try:
            self.flush()
        finally:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


_compact: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode


def iso_time(timestamp: float | None) -> str | None:
    """A time in seconds since the epoch as local ISO 8601 with microseconds."""
    if timestamp is None:
        return None
    micros = int(timestamp % 1 * 1e6)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(timestamp)) + f".{micros:06d}"
