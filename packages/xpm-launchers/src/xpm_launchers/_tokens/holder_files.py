"""File locks that show who is alive.

``flock``, not ``lockf``: it belongs to the open file, so that threads exclude each other too, and
closing another descriptor of the same file gives nothing back. The system gives a lock back when
its holder dies; on NFS the server does.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import weakref
from contextlib import suppress

#: Descriptors that a forked child must not keep: with its copy it would keep the lock
_private: set[int] = set()


def _drop_private() -> None:
    global _making
    _making = threading.Lock()  # another thread may have held it
    for descriptor in _private:
        with suppress(OSError):
            os.close(descriptor)
    _private.clear()
    _files.clear()
    _recent.clear()


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
    """A file in `folder`, locked for as long as this process lives; see :func:`life_file`."""

    def __init__(self, folder: str) -> None:
        # The name is for people; what is random in it tells containers of one name apart.
        self.name = f"{socket.gethostname()}.{os.getpid()}.{os.urandom(4).hex()}"
        self.path = os.path.join(folder, self.name)
        self._descriptor = open_private(self.path, os.O_RDWR | os.O_CREAT)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        weakref.finalize(self, _remove, self.path, self._descriptor)


def _remove(path: str, descriptor: int) -> None:
    # In a forked child it is not ours to remove: there its descriptor is closed already.
    if descriptor in _private:
        with suppress(OSError):
            os.unlink(path)
        close_private(descriptor)


_files: weakref.WeakValueDictionary[str, LifeFile] = weakref.WeakValueDictionary()
#: Those used last, which are kept although nobody needs them: making one costs the disk some time
_recent: dict[str, LifeFile] = {}
RECENT = 64
_making = threading.Lock()


def life_file(folder: str) -> LifeFile:
    """Return this process's life file in a folder, which all its counters that keep it there share.

    It is removed when none of them needs it any more, and others were used since.
    """
    with _making:
        found = _files.get(folder)
        if found is None or not os.path.exists(found.path):
            os.makedirs(folder, exist_ok=True)
            # One is made first, then locked: nobody else may take it for a dead one's meanwhile.
            guard = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(guard, fcntl.LOCK_EX)
                _clear_dead(folder)
                found = _files[folder] = LifeFile(folder)
            finally:
                os.close(guard)
        _recent.pop(folder, None)
        _recent[folder] = found
        if len(_recent) > RECENT:
            del _recent[next(iter(_recent))]
        return found


def _clear_dead(folder: str) -> None:
    """Remove the life files of processes that are dead: it says the same when there is none."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if not is_locked(path):
            with suppress(FileNotFoundError):
                os.unlink(path)
