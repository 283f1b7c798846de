"""One thread that handles messages and timers, one after the other."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, ClassVar

from xpm_scheduler.exceptions import SchedulerError

_Message = tuple[Callable[..., None], tuple[Any, ...]]

#: How many messages are handled, at most, before what has changed is written: one write for
#: many jobs instead of one each.
_BATCH = 256


class EventLoop:
    """A thread with an inbox and timers; everybody else only leaves messages.

    Subclasses define what to do with an error in a message (`failed`), when there is something
    to do without any message (`idle_until`), and what to do after some messages
    (`after_messages`).
    """

    #: What a message may raise without ending the thread.
    expected: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self, name: str) -> None:
        self._name = name
        self._inbox: SimpleQueue[_Message | None] = SimpleQueue()
        self._changed = threading.Condition()
        self._timers: list[tuple[float, int, _Message]] = []
        self._timer_numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._crash: BaseException | None = None

    # ------------------------------------------------------------------ called from anywhere

    def post(self, function: Callable[..., None], *arguments: Any) -> None:
        """Leave a message: the function will be called in the loop's thread."""
        self._inbox.put((function, arguments))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Block until a condition holds; it is tried after each batch of messages.

        Raises:
            SchedulerError: the thread has stopped, or is the one that calls.
        """
        if threading.current_thread() is self._thread:
            raise SchedulerError("the scheduler's thread would wait for itself")
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._crash is not None)
        if self._crash is not None:
            raise SchedulerError(f"the scheduler has stopped: {self._crash!r}") from self._crash

    def call(self, function: Callable[[], None]) -> None:
        """Run a function in the loop's thread, and wait for it."""
        done: list[bool] = []

        def run() -> None:
            try:
                function()
            finally:
                done.append(True)

        self.post(run)
        self.wait_until(lambda: bool(done))

    def start(self) -> None:
        """Start the thread, unless it runs."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Handle what is in the inbox, and end the thread."""
        if self._thread is not None:
            self._inbox.put(None)
            self._thread.join()
            self._thread = None

    # --------------------------------------------------------------- the thread's own part

    def later(self, seconds: float, function: Callable[..., None], *arguments: Any) -> None:
        """Call a function after some time; only from the loop's thread."""
        due = time.monotonic() + seconds
        heapq.heappush(self._timers, (due, next(self._timer_numbers), (function, arguments)))

    def failed(self, error: Exception, arguments: tuple[Any, ...]) -> None:
        """Handle one of the `expected` errors, which a message has raised."""
        raise NotImplementedError

    def idle_until(self) -> float:
        """Return the seconds until `after_messages` is to be called though no message comes."""
        raise NotImplementedError

    def after_messages(self) -> None:
        """Do what is to be done after each batch of messages."""
        raise NotImplementedError

    def _run(self) -> None:
        try:
            while self._handle_batch():
                pass
        except BaseException as error:
            # Nobody must wait for a thread that is gone.
            with self._changed:
                self._crash = error
                self._changed.notify_all()
            raise

    def _handle_batch(self) -> bool:
        """Handle what has come; return whether to go on."""
        try:
            message = self._inbox.get(timeout=self._timeout())
            for _ in range(_BATCH):
                if message is None:
                    return False
                self._handle(message)
                message = self._inbox.get_nowait()
            if message is None:
                return False
            self._handle(message)
        except Empty:
            pass
        self._run_timers()
        self.after_messages()
        with self._changed:
            self._changed.notify_all()
        return True

    def _handle(self, message: _Message) -> None:
        function, arguments = message
        try:
            function(*arguments)
        except self.expected as error:
            self.failed(error, arguments)

    def _timeout(self) -> float | None:
        wait = self.idle_until()
        if self._timers:
            wait = min(wait, self._timers[0][0] - time.monotonic())
        # The longest time that a lock can be waited for is an error beyond, not "for ever".
        return None if wait > 1e6 else max(0.0, wait)

    def _run_timers(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            self._handle(heapq.heappop(self._timers)[2])
