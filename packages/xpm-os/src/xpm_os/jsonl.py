"""Files of JSON lines: appended to by one write, and read as far as they are written.

A last line without its end is half a line: its writer is at it, or was killed. Whoever reads leaves
it for the next time; whoever appends ends it first, or cuts it off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .files import error_about

#: A value as JSON without spaces
compact: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode


def whole_lines(data: bytes) -> tuple[list[bytes], int]:
    """Return the lines that are ended, without their ends, and how many bytes they take."""
    size = data.rfind(b"\n") + 1
    return data[:size].split(b"\n")[:-1], size


def end_last_line(path: str | os.PathLike[str]) -> None:
    """End a line that was left unfinished, so that the next one is a line of its own.

    Args:
        path: The file; it need not be there.
    """
    if not os.path.exists(path) or not os.path.getsize(path):
        return
    with open(path, "rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


class Problem(NamedTuple):
    """A file, or a part of it, that could not be read; all else was.

    Attributes:
        path: the file.
        message: what was expected, and what is there.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class LineLog:
    """An append-only file of lines, buffered until `flush`.

    Each flush is one `write` on a file opened for appending, so that lines of several
    writers never mix on a local file system.
    """

    __slots__ = ("_descriptor", "_lines", "_path", "_rest")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._lines: list[str] = []
        #: What is still to be written of an earlier flush.
        self._rest = b""
        self._descriptor = -1

    def append(self, value: dict[str, Any]) -> None:
        """Add one record."""
        self._lines.append(compact(value))

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
            raise error_about(error, self._path) from None

    def close(self) -> None:
        """Flush, and close the file."""
        try:
            self.flush()
        finally:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


#: How much is read and decoded at once, in bytes: large enough for the decoder to be called
#: rarely, small enough for a log of 100 MiB not to fill the memory.
_BLOCK = 1 << 20

#: How many damaged lines of one file are told one by one.
_TOLD = 3


class LineReader:
    """Reads what was appended to a file of JSON objects, a line each, since the last time.

    A last line that is not whole yet is left for the next time. A line that is no JSON object
    is a problem, and is passed over.

    Args:
        path: the file; it need not be there yet.

    Attributes:
        position: up to where the file was read, in bytes.
    """

    __slots__ = ("_bad", "_problems", "_size", "path", "position")

    def __init__(self, path: str) -> None:
        self.path = path
        self.position = 0
        self._size = 0
        self._bad = 0
        self._problems: list[Problem] = []

    @property
    def waits(self) -> bool:
        """Whether the file, as seen here, ends before the place from which to read on."""
        return self._size < self.position

    def start_near_end(self, size: int) -> None:
        """Read only the lines that begin in the last `size` bytes."""
        try:
            self.position = max(0, os.stat(self.path).st_size - size)
        except OSError:
            return
        if self.position:
            with open(self.path, "rb") as file:
                file.seek(self.position)
                self.position += len(file.readline())

    def read(self) -> Iterator[dict[str, Any]]:
        """Return the objects that were appended since the last time."""
        try:
            file = open(self.path, "rb")  # noqa: SIM115 -- closed by the block below
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._tell(f"cannot be read: {error.strerror}")
            return
        with file:
            size = os.fstat(file.fileno()).st_size
            if size < self._size and size < self.position:
                self._tell(f"was {self._size} bytes long, and has {size} now: lines were lost")
                self.position = size
            self._size = size
            if size <= self.position:
                return  # nothing new; or its end is not visible yet on this host
            file.seek(self.position)
            rest = b""
            while block := file.read(_BLOCK):
                end = block.rfind(b"\n") + 1
                if not end:
                    rest += block
                    continue
                lines = rest + block[:end]
                rest = block[end:]
                yield from self._decode(lines)
                self.position += len(lines)

    def take_problems(self) -> list[Problem]:
        """Return what could not be read since the last time."""
        problems, self._problems = self._problems, []
        return problems

    def _decode(self, lines: bytes) -> list[dict[str, Any]]:
        """Return the objects of whole lines: all at once, or one by one when one is damaged."""
        # One call of the decoder takes half as long as one a line.
        joined = b"[" + lines.replace(b"\n", b",")[:-1] + b"]"
        try:
            values = json.loads(joined)
        except (ValueError, RecursionError):
            return self._decode_each(lines)
        count = lines.count(b"\n")
        if len(values) != count or any(type(value) is not dict for value in values):
            return self._decode_each(lines)
        return values  # type: ignore[no-any-return]

    def _decode_each(self, lines: bytes) -> list[dict[str, Any]]:
        found = []
        offset = self.position
        for line in lines.split(b"\n")[:-1]:
            if line.strip():
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    value = None
                if type(value) is dict:
                    found.append(value)
                else:
                    self._bad_line(offset, line)
            offset += len(line) + 1
        return found

    def _bad_line(self, offset: int, line: bytes) -> None:
        self._bad += 1
        if self._bad <= _TOLD:
            shown = line[:40].decode(errors="replace")
            more = "…" if len(line) > 40 else ""
            self._tell(f"expected a JSON object at byte {offset}, got {shown + more!r}")
        elif self._bad == _TOLD + 1:
            self._tell("more lines are no JSON objects; they are passed over")

    def _tell(self, message: str) -> None:
        problem = Problem(self.path, message)
        if problem not in self._problems:
            self._problems.append(problem)
