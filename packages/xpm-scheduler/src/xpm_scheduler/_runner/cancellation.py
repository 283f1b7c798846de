"""The signals that tell a job to stop, in its process and in the children that it forks."""

from __future__ import annotations

import os
import signal
import threading

from xpm_scheduler._graph.states import JobFailureStatus
from xpm_scheduler._workspace.attempts import JobLock
from xpm_scheduler.exceptions import TaskCancelled
from xpm_scheduler.taskglobals import Env

#: The signals that tell a job to stop.
_STOPS = (signal.SIGTERM, signal.SIGINT)

#: A signal this near to the time limit, in seconds, is the time limit's.
_NEAR = 1.0


class Cancellation:
    """Turns the first SIGTERM or SIGINT into `TaskCancelled`, and remembers it.

    Whatever the task makes of the exception, the job ends as cancelled; at its time limit, as
    having reached that. A second signal acts as it would in any process.

    Attributes:
        reason: why the job is to end; `None` while it is not.
    """

    def __init__(self) -> None:
        self.reason: JobFailureStatus | None = None

    def install(self) -> None:
        """Handle the signals from here on."""
        for number in _STOPS:
            signal.signal(number, self._handle)

    def _handle(self, number: int, _frame: object) -> None:
        for other in _STOPS:
            signal.signal(other, signal.SIG_DFL)
        left = Env.instance().remaining_time()
        if left is not None and left <= _NEAR:
            self.reason, text = JobFailureStatus.TIMEOUT, "the job has reached its time limit"
        else:
            self.reason, text = JobFailureStatus.CANCELLED, "the job was told to stop"
        raise TaskCancelled(f"{text} ({signal.Signals(number).name})", left)


def ignore_signals() -> None:
    """Ignore the signals from here on: the end of the job is being written."""
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)


def release_children(lock: JobLock | None) -> None:
    """Make processes that the task forks ordinary ones: they are not the job.

    Args:
        lock: the job's lock, which must not make the job look alive when such a process stays.
    """

    def block() -> None:
        # A signal to a child that has only just begun would be lost, as Python clears what it
        # has noted: the system keeps it until the child has handlers of its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)

    def unblock() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    def in_child() -> None:
        if lock is not None:
            lock.release()
        # Handlers are the main thread's to set; a child of another thread has none but that.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
        unblock()

    os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=in_child)
