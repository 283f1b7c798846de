"""Files that are whole or absent: written beside their place, then renamed."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from typing import Any

_counter = itertools.count()


def write_atomic(
    path: str | os.PathLike[str],
    content: str | bytes,
    *,
    sync: bool = False,
    stage: str | os.PathLike[str] | None = None,
) -> None:
    """Write a file so that a reader sees all of it, or the file that was there before.

    The temporary file lies on the same file system (a rename must stay on one) and carries the
    process number, so that two writers never share one.

    Args:
        path: The file.
        content: What it is to hold; text as UTF-8.
        sync: Whether the content is on the disk before the file has its name (fsync(2)).
        stage: The folder of the temporary file; that of the file when it is `None`.

    Raises:
        OSError: It could not be written; the error names the file, and nothing is left.
    """
    place = os.fspath(path)
    beside = place if stage is None else os.path.join(stage, os.path.basename(place))
    temporary = f"{beside}.{os.getpid()}.{next(_counter)}.tmp"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o666)
        try:
            write_all(descriptor, content.encode() if isinstance(content, str) else content)
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, place)
    except BaseException as error:
        # A full disk must not be filled further by what it left half written.
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise error_about(error, place) from None
        raise


#: Not every system has both
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of the data to an open file, whatever the system takes at once."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def error_about(error: OSError, path: str | os.PathLike[str]) -> OSError:
    """Return the same error, about a file: writing names none, and renaming a temporary one."""
    return OSError(error.errno, error.strerror, os.fspath(path))


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write a value as JSON, atomically.

    Args:
        path: The file.
        value: What `json.dumps` takes.
    """
    write_atomic(path, json.dumps(value))


def read_json_object(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Read a JSON object.

    Args:
        path: The file.

    Returns:
        The object, or `None` when there is no such file.

    Raises:
        ValueError: The file is there, and is not a JSON object; the message names it.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        value = json.loads(content)
    except ValueError as error:
        raise ValueError(f"{path}: expected a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value


def replace_link(path: str | os.PathLike[str], target: str) -> None:
    """Make a symbolic link, in place of the one that is there, so that it is never absent.

    Args:
        path: Where the link is to be.
        target: What it leads to, as it is written into the link.

    Raises:
        OSError: It could not be made; what was there is left.
    """
    place = os.fspath(path)
    folder, name = os.path.split(place)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    os.symlink(target, temporary)
    try:
        os.replace(temporary, place)
    except OSError:
        os.unlink(temporary)
        raise
