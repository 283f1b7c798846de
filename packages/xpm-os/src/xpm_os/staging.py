"""Folders that appear whole or not at all: staged beside their place, then renamed.

A stage is `.tmp.<random>`, in the folder where what it holds will be. A lock beside it,
`.tmp.<random>.lock`, shows that its maker lives: what a killed process has left can be told
from what another one is just writing, and is removed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from .locks import FileLock
from .trees import remove_tree, sync

PREFIX = ".tmp."

#: Stages of release 2.x have no lock: they are taken for left behind after this time, in seconds.
_OLD = 24 * 3600.0

#: What `renameat2` answers where it cannot exchange: not this kernel, not this file system.
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def exchange(one: str, other: str) -> bool:
    """Exchange what two names stand for, at once: nobody finds either of them absent.

    Returns:
        Whether it was done; not where the system or the file system cannot.
    """
    rename = _renameat2()
    if rename is None:
        return False
    here, exchanged = -100, 2  # AT_FDCWD, RENAME_EXCHANGE: see renameat2(2)
    number = rename(here, os.fsencode(one), here, os.fsencode(other), exchanged)
    if number in _NO_EXCHANGE:
        return False
    if number:
        raise OSError(number, os.strerror(number), one, None, other)
    return True


@lru_cache(maxsize=1)
def _renameat2() -> Callable[..., int] | None:
    """Return the function of the C library, which gives the number of the error; Linux has it."""
    # Only who moves folders needs it.
    import ctypes

    function: Any = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return None
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    ]
    function.restype = ctypes.c_int
    return lambda *arguments: ctypes.get_errno() if function(*arguments) else 0


class Stage:
    """A name beside the place of something that is being made, until it is put there.

    Args:
        parent: the folder of the place; made when it is not there.
    """

    __slots__ = ("_lock", "path")

    def __init__(self, parent: str) -> None:
        os.makedirs(parent, exist_ok=True)
        while True:
            self.path = f"{parent}/{PREFIX}{secrets.token_hex(8)}"
            self._lock = FileLock(f"{self.path}.lock")
            self._lock.acquire()
            # Who cleans up may have taken the lock's file away before it was locked.
            if os.path.exists(self._lock.path):
                return
            self._lock.release()

    def put(self, place: str, *, at_once: bool = False) -> bool:
        """Put what was staged where it belongs; what was there is staged instead, if anything.

        Args:
            place: where it belongs.
            at_once: whether to do nothing where the place would be empty for a moment.

        Returns:
            Whether it was put there.
        """
        if not os.path.lexists(place):
            os.rename(self.path, place)
        elif not exchange(self.path, place):
            if at_once:
                return False
            with Stage(os.path.dirname(place)) as aside:
                os.rename(place, aside.path)
                os.rename(self.path, place)
        sync(os.path.dirname(place))
        return True

    def remove(self) -> None:
        """Remove what is staged."""
        try:
            remove_tree(self.path)
            os.unlink(self._lock.path)
        finally:
            self._lock.release()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def remove_leftovers(parent: str) -> None:
    """Remove the stages in a folder whose makers are gone."""
    for path in _stages(parent):
        lock = FileLock(f"{path}.lock")
        if not os.path.exists(lock.path) and _age(path) < _OLD:
            continue
        if lock.acquire(blocking=False):
            try:
                remove_tree(path)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(lock.path)
            finally:
                lock.release()


def _stages(parent: str) -> Iterator[str]:
    try:
        names = os.listdir(parent)
    except (FileNotFoundError, NotADirectoryError):
        return
    found = {name.removesuffix(".lock") for name in names if name.startswith(PREFIX)}
    for name in sorted(found):
        yield f"{parent}/{name}"


def _age(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime
    except FileNotFoundError:
        return 0.0
