"""Locks between processes, given back by the system when their holder dies.

All are `flock`, and none `lockf`: it belongs to the open file, so that threads exclude each other
too, and that closing another descriptor of the same file gives nothing back (flock(2), fcntl(2)).
On NFS the server keeps them.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

try:
    import fcntl
except ImportError:  # not on this system; see `AVAILABLE`
    fcntl = None  # type: ignore[assignment] # tested before it is used

#: Whether this system has these locks
AVAILABLE = fcntl is not None

#: Seconds between tries of a lock that is waited for with a limit, at first and at last
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25


def lock(descriptor: int, *, shared: bool = False, blocking: bool = True) -> bool:
    """Lock an open file; another mode than before replaces the lock that it has.

    Args:
        descriptor: The open file.
        shared: Whether others may share the lock; else it is this file's alone.
        blocking: Whether to wait until the lock is free.

    Returns:
        Whether the file is locked; always true when `blocking`.

    Raises:
        OSError: The file system has no locks.
    """
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, mode if blocking else mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    """Give back the lock of an open file, which stays open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


class FileLock:
    """A lock on a file, made when it is not there, and left there.

    Args:
        path: The file.
    """

    __slots__ = ("_descriptor", "path")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self._descriptor = -1

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor >= 0

    def acquire(self, *, blocking: bool = True) -> bool:
        """Take the lock for this object alone.

        Args:
            blocking: Whether to wait until the lock is free.

        Returns:
            Whether the lock was taken; always true when `blocking`.

        Raises:
            RuntimeError: This object holds the lock already.
            OSError: The file cannot be opened, or its file system has no locks.
        """
        if self._descriptor >= 0:
            raise RuntimeError(f"{os.fspath(self.path)}: this object holds the lock already")
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            taken = lock(descriptor, blocking=blocking)
        except BaseException:
            os.close(descriptor)
            raise
        if taken:
            self._descriptor = descriptor
        else:
            os.close(descriptor)
        return taken

    def share(self) -> None:
        """Keep only the shared half: others can share the lock, none can have it alone."""
        lock(self._descriptor, shared=True)

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def write_owner(self, text: str) -> None:
        """Write into the file who holds the lock (for people: the lock itself is the system's)."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)


class Pauses:
    """The pauses between tries of a lock, growing, until a limit.

    Args:
        limit: Seconds to wait in all; `None` for ever.
    """

    __slots__ = ("_end", "_next")

    def __init__(self, limit: float | None) -> None:
        self._end = None if limit is None else time.monotonic() + limit
        self._next = _FIRST_PAUSE

    def take(self) -> float | None:
        """Return the seconds to pause before the next try; `None` when the time is over."""
        pause, self._next = self._next, min(_LONGEST_PAUSE, 2 * self._next)
        if self._end is None:
            return pause
        left = self._end - time.monotonic()
        return None if left <= 0 else min(left, pause)


def is_locked(path: str | os.PathLike[str]) -> bool:
    """Return whether somebody holds a lock on a file, shared or not.

    Args:
        path: The file.

    Returns:
        False when there is no such file; true when it may not be opened, as nothing can be known.
    """
    try:
        descriptor = _open_to_look(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True
    try:
        # The shared half first: where it is refused, nobody was disturbed by our looking.
        return not (
            lock(descriptor, shared=True, blocking=False) and lock(descriptor, blocking=False)
        )
    finally:
        os.close(descriptor)


def is_locked_alone(path: str | os.PathLike[str]) -> bool:
    """Return whether somebody holds a lock on a file that is not shared.

    The shared half is asked for and given back at once, so that other readers are not
    disturbed; somebody who wants the lock in that moment waits for as long.

    Args:
        path: The file.

    Returns:
        False when it cannot be opened, or has no locks: then nobody can hold one.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not lock(descriptor, shared=True, blocking=False)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _open_to_look(path: str | os.PathLike[str]) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError:  # another user's; a local file system locks it all the same
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


# --- Descriptors that a forked child must not keep: with its copy it would keep the lock

_private: set[int] = set()


def _close_private_in_child() -> None:
    for descriptor in _private:
        with suppress(OSError):
            os.close(descriptor)
    _private.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_private_in_child)


def open_private(path: str, flags: int) -> int:
    """Open a file for this process alone: a forked child finds the descriptor closed.

    Args:
        path: The file.
        flags: As of `os.open`.

    Returns:
        The descriptor, for `close_private`.
    """
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o666)
    _private.add(descriptor)
    return descriptor


def is_private(descriptor: int) -> bool:
    """Return whether a descriptor of `open_private` is still open in this process."""
    return descriptor in _private


def close_private(descriptor: int) -> None:
    """Close what `open_private` returned; in a forked child it is closed already."""
    if descriptor in _private:
        _private.remove(descriptor)
        os.close(descriptor)
