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
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from xpm_config import mark_output
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.outputs import OutputReader
from xpm_scheduler._workspace.workspace import using_plan

if TYPE_CHECKING:
    from xpm_scheduler._experiment.experiment import experiment

_logger = logging.getLogger("xpm.scheduler")

#: How often the outputs of running tasks are looked for, in seconds: at first, and at most.
_FIRST_LOOK, _LONGEST_LOOK = 0.02, 0.5


class Watch(NamedTuple):
    """That a plan wants to know of the outputs of a task.

    Attributes:
        xp: the experiment in which the callback runs.
        method: makes the configuration of an output; a method of a configuration.
        callback: called with what the method returns.
    """

    xp: experiment
    method: Callable[..., Any]
    callback: Callable[[Any], Any]

    def keys(self, job: Job) -> tuple[str, str]:
        """What outputs of the method are recorded under: by its configuration, or the task."""
        config: Any = self.method.__self__  # type: ignore[attr-defined]  # checked when asked for
        name = self.method.__name__
        return (f"{config.__xpm__.identifier}/{name}", f"{job.identifier}/{name}")


class Poster(Protocol):
    """What the scheduler does for callbacks."""

    def post(self, function: Callable[..., None], *arguments: object) -> None:
        """Call a function in the scheduler's thread."""


class _Tail:
    """The outputs of one job, for those who watch them."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.reader = OutputReader(job.folder.outputs)
        self.past: list[dict[str, Any]] = []
        #: Each with the number of outputs it was told.
        self.watches: list[tuple[Watch, int]] = []


class Callbacks:
    """All callbacks of this process.

    Args:
        poster: the scheduler.
    """

    def __init__(self, poster: Poster) -> None:
        self._poster = poster
        self._changed = threading.Condition()
        self._calls: deque[Callable[[], None]] = deque()
        self._tails: dict[Job, _Tail] = {}
        self._thread: threading.Thread | None = None
        self._completions: dict[Job, list[tuple[experiment, Callable[[], Any]]]] = {}

    def calling(self) -> bool:
        """Whether this is the thread of the callbacks."""
        return threading.current_thread() is self._thread

    # ------------------------------------------------------------ in the scheduler's thread

    def watch(self, job: Job, watch: Watch) -> None:
        """Tell of the outputs of a job: those that are there, and those to come."""
        with self._changed:
            tail = self._tails.setdefault(job, _Tail(job))
            tail.watches.append((watch, 0))
            self._wake()
        if job.state.finished():
            self._drain(job, [watch.xp])

    def completed(self, job: Job, xp: experiment, callback: Callable[[], Any]) -> None:
        """Call back when a job is done; at once if it is."""
        if job.state == JobState.DONE:
            self._call(xp, job, callback)
        elif not job.state.finished():
            self._completions.setdefault(job, []).append((xp, callback))

    def job_ended(self, job: Job) -> None:
        """A job has ended: tell of its last outputs, then that it is done."""
        tail = self._tails.get(job)
        if tail is not None:
            self._drain(job, [watch.xp for watch, _ in tail.watches])
        for xp, callback in self._completions.pop(job, ()):
            if job.state == JobState.DONE:
                self._call(xp, job, callback)

    def forget(self, xp: experiment) -> None:
        """An experiment has ended."""
        with self._changed:
            for job, tail in tuple(self._tails.items()):
                tail.watches = [entry for entry in tail.watches if entry[0].xp is not xp]
                if not tail.watches:
                    del self._tails[job]

    def _call(self, xp: experiment, job: Job, callback: Callable[[], Any]) -> None:
        self._enqueue([xp], partial(self._guarded, xp, job, callback))

    def _drain(self, job: Job, experiments: list[experiment]) -> None:
        self._enqueue(experiments, partial(self._look, job, last=True))

    def _enqueue(self, experiments: list[experiment], call: Callable[[], object]) -> None:
        """Have something called; the experiments do not end before it has returned."""
        for xp in experiments:
            xp.counts.callbacks += 1

        def returned() -> None:
            for xp in experiments:
                xp.counts.callbacks -= 1

        def run() -> None:
            try:
                call()
            finally:
                self._poster.post(returned)

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
        interval = _FIRST_LOOK
        while True:
            with self._changed:
                if not self._calls:
                    self._changed.wait(interval)
                if not self._calls and not self._tails:
                    self._thread = None
                    return
                call = self._calls.popleft() if self._calls else None
                jobs = tuple(self._tails)
            if call is not None:
                call()
                continue
            news = [self._look(job) for job in jobs]
            interval = _FIRST_LOOK if any(news) else min(2 * interval, _LONGEST_LOOK)

    def _look(self, job: Job, *, last: bool = False) -> bool:
        """Tell of what has come; returns whether anything has."""
        with self._changed:
            tail = self._tails.get(job)
            if tail is None:
                return False
            watches = list(tail.watches)
        outputs, errors = tail.reader.read()
        for text in errors:
            _logger.error("%s", text)
        tail.past += outputs
        for watch, told in watches:
            keys = watch.keys(job)
            for output in tail.past[told:]:
                if output["key"] in keys:
                    self._guarded(watch.xp, job, partial(_tell, job, watch, output))
        with self._changed:
            told_now = {id(watch): len(tail.past) for watch, _ in watches}
            tail.watches = [(w, told_now.get(id(w), told)) for w, told in tail.watches]
            if last and all(told == len(tail.past) for _, told in tail.watches):
                self._tails.pop(job, None)
        return bool(outputs)

    def _guarded(self, xp: experiment, job: Job, call: Callable[[], Any]) -> None:
        """Call users' code in its experiment; an error is the experiment's, not the thread's."""
        try:
            with using_plan(xp):
                call()
        except BaseException as error:
            text = "".join(traceback.format_exception_only(type(error), error)).strip()
            _logger.error("a callback of %s has failed", job.locator, exc_info=error)
            self._poster.post(xp.callback_failed, f"a callback of {job.label}: {text}")


def _tell(job: Job, watch: Watch, output: dict[str, Any]) -> None:
    def dep(config: Any) -> Any:
        # It is there already: what uses it does not wait for the end of the task.
        mark_output(config, job.config, awaited=False)
        return config

    watch.callback(watch.method(dep, *output["args"], **output["kwargs"]))
