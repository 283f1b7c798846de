"""Holder files: files whose locks show which processes are alive."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress

from xpm_os.hosts import host_name
from xpm_os.locks import close_private, is_locked, is_private, lock, open_private


class HolderFile:
    """A file in `folder`, locked for as long as this process lives; see `holder_file`."""

    def __init__(self, folder: str) -> None:
        # The name is for people; what is random in it distinguishes containers of one name.
        self.name = f"{host_name()}.{os.getpid()}.{os.urandom(4).hex()}"
        self.path = os.path.join(folder, self.name)
        self._descriptor = open_private(self.path, os.O_RDWR | os.O_CREAT)
        lock(self._descriptor)
        weakref.finalize(self, _remove, self.path, self._descriptor)


def _remove(path: str, descriptor: int) -> None:
    # In a forked child it is the parent's: there its descriptor is closed already.
    if is_private(descriptor):
        with suppress(OSError):
            os.unlink(path)
        close_private(descriptor)


_files: weakref.WeakValueDictionary[str, HolderFile] = weakref.WeakValueDictionary()
#: Those used last, which are kept although no counter needs them: making one costs the disk time
_recent: dict[str, HolderFile] = {}
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


def holder_file(folder: str) -> HolderFile:
    """Return this process's holder file in a folder, for all its counters that keep it there.

    It is removed when none of them needs it any more, and enough others were used since.
    """
    with _making:
        file = _files.get(folder)
        if file is None or not os.path.exists(file.path):
            os.makedirs(folder, exist_ok=True)
            # A file is made first, then locked: meanwhile it must not look like a dead one's.
            guard = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                lock(guard)
                _clear_dead(folder)
                file = _files[folder] = HolderFile(folder)
            finally:
                os.close(guard)
        _recent.pop(folder, None)
        _recent[folder] = file
        if len(_recent) > RECENT:
            del _recent[next(iter(_recent))]
        return file


def _clear_dead(folder: str) -> None:
    """Remove the holder files of dead processes, which show no more than a missing file does."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if not is_locked(path):
            with suppress(FileNotFoundError):
                os.unlink(path)
