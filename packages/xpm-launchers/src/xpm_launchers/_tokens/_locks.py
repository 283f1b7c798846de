"""File locks that show who is alive.

``flock``, not ``lockf``: it belongs to the open file, so that threads exclude each other too, and
closing another descriptor of the same file gives nothing back. The system gives a lock back when
its holder dies; on NFS the server does.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import socket
from contextlib import suppress

#: Descriptors that a forked child must not keep: with its copy it would keep the lock
_private: set[int] = set()
_counter = itertools.count()


def _drop_private() -> None:
    for descriptor in _private:
        with suppress(OSError):
            os.close(descriptor)
    _private.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_drop_private)


def open_private(path: str, flags: int) -> int:
    """Open a file for this process alone, not for its children."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o666)
    _private.add(descriptor)
    return descriptor


def close_private(descriptor: int) -> None:
    """Close what `open_private` returned (in a forked child, it is closed already)."""
    if descriptor in _private:
        _private.remove(descriptor)
        os.close(descriptor)


def is_locked(path: str) -> bool:
    """Tell whether somebody holds a lock on a file; False when there is no such file."""
    try:
        descriptor = _open_to_look(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True  # nothing can be known of it
    try:
        # The shared half first: where it is refused, nobody was disturbed by our looking.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _open_to_look(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except PermissionError:  # another user's; a local file system locks it all the same
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


class LifeFile:
    """A file in `folder` that is locked for as long as this process lives."""

    def __init__(self, folder: str) -> None:
        self.name = f"{socket.gethostname()}.{os.getpid()}.{next(_counter)}"
        self.path = os.path.join(folder, self.name)
        self._descriptor = open_private(self.path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __del__(self) -> None:
        close_private(self._descriptor)

    def close(self) -> None:
        """Remove the file: what it stood for is over."""
        with suppress(FileNotFoundError):
            os.unlink(self.path)
        close_private(self._descriptor)


def clear_dead(folder: str, keep: set[str]) -> None:
    """Remove the life files of processes that are dead, but for those in `keep`.

    Only where no life file can be made at the same time: one is made first, then locked.
    """
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name not in keep and not is_locked(path):
            with suppress(FileNotFoundError):
                os.unlink(path)
