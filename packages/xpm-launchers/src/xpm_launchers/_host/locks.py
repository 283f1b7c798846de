"""A lock between processes, for whoever needs one on a host."""

from __future__ import annotations

import fcntl
import os
import time
from types import TracebackType

from xpm_launchers.exceptions import LockTimeoutError

#: Seconds between tries, at first and at last
_FIRST, _LAST = 0.01, 0.25


class FileLock:
    """A lock on a file, given back when its holder dies; for ``with`` and ``async with``.

    ``flock``: threads exclude each other too, and on NFS the server sees to it.

    :param path: the file, made if it is not there, and left there.
    :param max_delay: seconds to wait at most; negative: for ever.
    """

    def __init__(self, path: str | os.PathLike[str], max_delay: float = -1) -> None:
        self.path = os.fspath(path)
        self.max_delay = max_delay
        self._descriptor = -1

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor >= 0

    def acquire(self) -> None:
        """Take the lock.

        :raises LockTimeoutError: when it was not free in time.
        """
        if self.max_delay < 0:
            self._try(fcntl.LOCK_EX)
            return
        limit, pause = self._limit(), _FIRST
        while not self._try(fcntl.LOCK_EX | fcntl.LOCK_NB):
            time.sleep(self._next_pause(limit, pause))
            pause = min(_LAST, 2 * pause)

    async def acquire_async(self) -> None:
        """Take the lock, without keeping the event loop.

        :raises LockTimeoutError: when it was not free in time.
        """
        import asyncio  # costs 30 ms; whoever awaits has it

        limit, pause = self._limit(), _FIRST
        while not self._try(fcntl.LOCK_EX | fcntl.LOCK_NB):
            await asyncio.sleep(self._next_pause(limit, pause))
            pause = min(_LAST, 2 * pause)

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _limit(self) -> float | None:
        return None if self.max_delay < 0 else time.monotonic() + self.max_delay

    def _next_pause(self, limit: float | None, pause: float) -> float:
        left = pause if limit is None else limit - time.monotonic()
        if left <= 0:
            raise LockTimeoutError(f"{self.path}: not free within {self.max_delay} s")
        return min(left, pause)

    def _try(self, how: int) -> bool:
        if self.held:
            raise RuntimeError(f"{self.path}: this object holds the lock already")
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def __enter__(self) -> FileLock:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    async def __aenter__(self) -> FileLock:
        await self.acquire_async()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
