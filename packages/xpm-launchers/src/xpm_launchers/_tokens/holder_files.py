"""Life files: files whose locks show which holders are alive."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress

from xpm_os.hosts import host_name
from xpm_os.locks import close_private, is_locked, is_private, lock, open_private


class LifeFile:
    """A file in `folder`, locked for as long as this process lives; see `life_file`."""

    def __init__(self, folder: str) -> None:
        # The name is for people; what is random in it tells containers of one name apart.
        self.name = f"{host_name()}.{os.getpid()}.{os.urandom(4).hex()}"
        self.path = os.path.join(folder, self.name)
        self._descriptor = open_private(self.path, os.O_RDWR | os.O_CREAT)
        lock(self._descriptor)
        weakref.finalize(self, _remove, self.path, self._descriptor)


def _remove(path: str, descriptor: int) -> None:
    # In a forked child it is not ours to remove: there its descriptor is closed already.
    if is_private(descriptor):
        with suppress(OSError):
            os.unlink(path)
        close_private(descriptor)


_files: weakref.WeakValueDictionary[str, LifeFile] = weakref.WeakValueDictionary()
#: Those used last, which are kept although nobody needs them: making one costs the disk some time
_recent: dict[str, LifeFile] = {}
RECENT = 64
_making = threading.Lock()


def _forget_in_child() -> None:
    global _making
    _making = threading.Lock()  # another thread may have held it
    # Their descriptors are closed already: `xpm_os.locks` was loaded, and so called, before.
    _files.clear()
    _recent.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


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
                lock(guard)
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
