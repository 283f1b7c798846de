"""Calls the plan back: when a task makes an output, and when it is done.

The callbacks are users' code: they run in a thread of their own, one after the other, and may
submit tasks. What is to be called is decided in the scheduler's thread, where a job's end is
known; an experiment does not end before what its jobs' ends have called has returned.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from xpm_config import mark_output
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._tasks.interfaces import JobObserver
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.open_plans import using_plan
from xpm_scheduler._tasks.outputs import OutputReader

_logger = logging.getLogger("xpm.scheduler")

#: How often the outputs of running tasks are looked for, in seconds: at first, and at most.
_FIRST_INTERVAL, _LONGEST_INTERVAL = 0.02, 0.5


class OutputWatch(NamedTuple):
    """A request of a plan to be called for the outputs of a task.

    Attributes:
        observer: of the experiment in which the callback runs.
        method: makes the configuration of an output; a method of a configuration.
        callback: called with what the method returns.
    """

    observer: JobObserver[Job]
    method: Callable[..., Any]
    callback: Callable[[Any], Any]

    def keys(self, job: Job) -> tuple[str, str]:
        """Return the keys of the method's outputs: by its configuration, or by the task."""
        config: Any = getattr(self.method, "__self__")  # noqa: B009 -- checked when asked for
        name = self.method.__name__
        return (f"{config.__xpm__.identifier}/{name}", f"{job.identifier}/{name}")


class _WatchedJob:
    """A job whose outputs are watched.

    Attributes:
        job: the job.
        reader: reads its outputs.
        outputs: the outputs read so far.
        watches: each with the number of outputs that it was called for.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.reader = OutputReader(job.folder.outputs)
        self.outputs: list[dict[str, Any]] = []
        self.watches: list[tuple[OutputWatch, int]] = []


class Callbacks:
    """All callbacks of this process.

    Args:
        post: has a function called in the scheduler's thread.
    """

    def __init__(self, post: Callable[..., None]) -> None:
        self._post = post
        self._changed = threading.Condition()
        self._calls: deque[Callable[[], None]] = deque()
        self._watched: dict[Job, _WatchedJob] = {}
        self._thread: threading.Thread | None = None
        self._completions: dict[Job, list[tuple[JobObserver[Job], Callable[[], Any]]]] = {}

    def is_own_thread(self) -> bool:
        """Return whether this is the thread of the callbacks."""
        return threading.current_thread() is self._thread

    # ------------------------------------------------------------ in the scheduler's thread

    def watch(self, job: Job, watch: OutputWatch) -> None:
        """Call back for the outputs of a job: those that are there, and those to come."""
        with self._changed:
            watched = self._watched.setdefault(job, _WatchedJob(job))
            watched.watches.append((watch, 0))
            self._wake()
        if job.state.finished():
            self._read_last_outputs(job, [watch.observer])

    def completed(self, job: Job, observer: JobObserver[Job], callback: Callable[[], Any]) -> None:
        """Call back when a job is done; at once if it is."""
        if job.state == JobState.DONE:
            self._call(observer, job, callback)
        elif not job.state.finished():
            self._completions.setdefault(job, []).append((observer, callback))

    def job_ended(self, job: Job) -> None:
        """Call back for the last outputs of a job that has ended, then for its success."""
        watched = self._watched.get(job)
        if watched is not None:
            self._read_last_outputs(job, [watch.observer for watch, _ in watched.watches])
        for observer, callback in self._completions.pop(job, ()):
            if job.state == JobState.DONE:
                self._call(observer, job, callback)

    def forget(self, observer: JobObserver[Job]) -> None:
        """Call nothing more for an experiment, which has ended."""
        with self._changed:
            for job, watched in tuple(self._watched.items()):
                watched.watches = [
                    entry for entry in watched.watches if entry[0].observer is not observer
                ]
                if not watched.watches:
                    del self._watched[job]

    def _call(self, observer: JobObserver[Job], job: Job, callback: Callable[[], Any]) -> None:
        self._enqueue([observer], partial(self._guarded, observer, job, callback))

    def _read_last_outputs(self, job: Job, observers: list[JobObserver[Job]]) -> None:
        self._enqueue(observers, partial(self._read_outputs, job, last=True))

    def _enqueue(self, observers: list[JobObserver[Job]], call: Callable[[], object]) -> None:
        """Have something called; the experiments do not end before it has returned."""
        for observer in observers:
            observer.callback_began()

        def returned() -> None:
            for observer in observers:
                observer.callback_ended()

        def run() -> None:
            try:
                call()
            finally:
                self._post(returned)

        with self._changed:
            self._calls.append(run)
            self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="xpm-callbacks", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    # ------------------------------------------------------------------ in the thread of its own

    def _run(self) -> None:
        interval = _FIRST_INTERVAL
        while True:
            with self._changed:
                if not self._calls:
                    self._changed.wait(interval)
                if not self._calls and not self._watched:
                    self._thread = None
                    return
                call = self._calls.popleft() if self._calls else None
                jobs = tuple(self._watched)
            if call is not None:
                call()
                continue
            news = [self._read_outputs(job) for job in jobs]
            interval = _FIRST_INTERVAL if any(news) else min(2 * interval, _LONGEST_INTERVAL)

    def _read_outputs(self, job: Job, *, last: bool = False) -> bool:
        """Call back for new outputs; return whether there are any."""
        with self._changed:
            watched = self._watched.get(job)
            if watched is None:
                return False
            watches = list(watched.watches)
        outputs, errors = watched.reader.read()
        for text in errors:
            _logger.error("%s", text)
        watched.outputs += outputs
        for watch, count in watches:
            keys = watch.keys(job)
            for output in watched.outputs[count:]:
                if output["key"] in keys:
                    self._guarded(watch.observer, job, partial(_call_watch, job, watch, output))
        with self._changed:
            total = len(watched.outputs)
            called = {id(watch): total for watch, _ in watches}
            watched.watches = [(w, called.get(id(w), count)) for w, count in watched.watches]
            if last and all(count == total for _, count in watched.watches):
                self._watched.pop(job, None)
        return bool(outputs)

    def _guarded(self, observer: JobObserver[Job], job: Job, call: Callable[[], Any]) -> None:
        """Call users' code in its experiment; an error is the experiment's, not the thread's."""
        try:
            with using_plan(observer.plan):
                call()
        except BaseException as error:
            text = "".join(traceback.format_exception_only(type(error), error)).strip()
            _logger.error("a callback of %s has failed", job.locator, exc_info=error)
            self._post(observer.callback_failed, f"a callback of {job.label}: {text}")


def _call_watch(job: Job, watch: OutputWatch, output: dict[str, Any]) -> None:
    def dep(config: Any) -> Any:
        # It is there already: what uses it does not wait for the end of the task.
        mark_output(config, job.config, awaited=False)
        return config

    watch.callback(watch.method(dep, *output["args"], **output["kwargs"]))
