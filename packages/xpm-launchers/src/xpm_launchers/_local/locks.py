"""The lock of a connector, for users that need one on a host."""

from __future__ import annotations

import os
import time

from xpm_launchers.exceptions import LockTimeoutError
from xpm_os import locks


class FileLock:
    """A lock on a file, released when its holder dies; for `with` and `async with`.

    Args:
        path: The file, made if it is not there, and left there.
        max_delay: Seconds to wait at most; negative: for ever.
    """

    def __init__(self, path: str | os.PathLike[str], max_delay: float = -1) -> None:
        self.path = os.fspath(path)
        self.max_delay = max_delay
        self._lock = locks.FileLock(self.path)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock.held

    def acquire(self) -> None:
        """Acquire the lock.

        Raises:
            LockTimeoutError: It was not free in time.
        """
        if self.max_delay < 0:
            self._lock.acquire()
            return
        pauses = locks.Pauses(self.max_delay)
        while not self._lock.acquire(blocking=False):
            time.sleep(self._checked(pauses.take()))

    async def acquire_async(self) -> None:
        """Acquire the lock, without keeping the event loop.

        Raises:
            LockTimeoutError: It was not free in time.
        """
        import asyncio  # costs 30 ms; a program that awaits has it

        pauses = locks.Pauses(None if self.max_delay < 0 else self.max_delay)
        while not self._lock.acquire(blocking=False):
            await asyncio.sleep(self._checked(pauses.take()))

    def release(self) -> None:
        """Release the lock; nothing happens when it is not held."""
        self._lock.release()

    def _checked(self, pause: float | None) -> float:
        if pause is None:
            raise LockTimeoutError(f"{self.path}: not free within {self.max_delay} s")
        return pause

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    async def __aenter__(self) -> FileLock:
        await self.acquire_async()
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.release()
