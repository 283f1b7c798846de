"""A thread that does one thing after the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

#: When and how often to report that an end is being waited for, in seconds.
_FIRST_REPORT, _NEXT_REPORTS = 2.0, 10.0


class Worker:
    """A thread that does one thing after the other; it begins with the first.

    Args:
        name: the name of the thread.
        idle: called when there is nothing to do; returns the seconds until it is to be called
            again.
    """

    def __init__(self, name: str, idle: Callable[[], float | None] = lambda: None) -> None:
        self._name = name
        self._idle = idle
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def add(self, work: Callable[[], None]) -> None:
        """Have something done after all that was added before."""
        self._queue.put(work)
        if self._thread is None:
            # A daemon: who interrupts the program is not to wait; the next archiver goes on.
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def close(self, report: Callable[[int], None]) -> None:
        """Wait until all is done; `report` is called from time to time with how much is left."""
        if self._thread is None:
            return
        self._queue.put(None)
        wait = _FIRST_REPORT
        while self._thread.is_alive():
            self._thread.join(wait)
            if self._thread.is_alive():
                report(max(1, self._queue.qsize() - 1))
                wait = _NEXT_REPORTS
        self._thread = None

    def _run(self) -> None:
        while True:
            try:
                work = self._queue.get(timeout=self._idle())
            except queue.Empty:
                continue
            if work is None:
                return
            work()
