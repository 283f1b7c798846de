"""SIGTERM ends the plan as an exception would, while an experiment is open."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any


class TermSignal:
    """Turns SIGTERM into `SystemExit` from the first open experiment to the last one.

    Only the main thread can set that; an experiment of another thread leaves it as it is.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._users = 0
        self._before: Any = None

    def take(self) -> bool:
        """Count one more open experiment; return whether `leave` is to be called."""
        if threading.current_thread() is not threading.main_thread():
            return False
        with self._guard:
            if self._users == 0:
                self._before = signal.signal(signal.SIGTERM, _leave)
            self._users += 1
        return True

    def leave(self) -> None:
        """Count one open experiment less."""
        with self._guard:
            self._users -= 1
            last = self._users == 0
        if last and threading.current_thread() is threading.main_thread():
            # None: what was there was not set from Python, and cannot be set again.
            signal.signal(signal.SIGTERM, self._before or signal.SIG_DFL)


#: That of this process.
term_signal = TermSignal()


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
