"""The scheduler: one thread in which all jobs of this process go from state to state.

Everybody else only leaves messages in its inbox: plans that submit, launchers that tell
what became of a process. There is no thread, coroutine, lock or open file for a job that
waits; the decisions are in ``_machine``, the folders in ``_folder``.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from xpm_launchers import ForeignHostError, LauncherError

from . import _machine
from ._folder import (
    Ending,
    Look,
    Started,
    Verdict,
    begin,
    claim,
    generate,
    look,
    read_failure,
    ready_for_jobs,
    record_failure,
    was_attempted,
)
from ._job import Job
from ._states import JobFailureStatus, JobState
from ._workspace import RunMode
from .exceptions import SchedulerError

if TYPE_CHECKING:
    from xpm_launchers import LaunchError, Process, ProcessEnd, Ticket

    from ._experiment import experiment

_logger = logging.getLogger("xpm.scheduler")

#: How often a job of another driver is looked at, when no process can be watched for it:
#: first and longest interval, in seconds.
_FIRST_POLL, _LONGEST_POLL = 0.02, 1.0

#: How often a launcher is asked to start a job that it says may start later.
_TRIES = 5

#: What files, folders and launchers may make go wrong: the matter of one job.
_EXPECTED = (OSError, SchedulerError, LauncherError)

_Message = tuple[Callable[..., None], tuple[Any, ...]]


class Scheduler:
    """Runs the jobs of this process; one object, in a thread that ends with the last experiment."""

    _instance: ClassVar[Scheduler | None] = None
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        self._inbox: SimpleQueue[_Message | None] = SimpleQueue()
        self._jobs: dict[tuple[str, str, str], Job] = {}
        self._experiments: list[experiment] = []
        self._ended = threading.Condition()
        self._timers: list[tuple[float, int, Job, float]] = []
        self._timer_numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._crash: BaseException | None = None
        #: How often jobs could not be started; of most jobs, there is nothing to say.
        self._refusals: WeakKeyDictionary[Job, int] = WeakKeyDictionary()
        self._events = _LauncherEvents(self)

    @classmethod
    def instance(cls) -> Scheduler:
        """The scheduler of this process."""
        with cls._guard:
            if cls._instance is None:
                cls._instance = Scheduler()
            return cls._instance

    # ------------------------------------------------------------- called by experiments

    def attach(self, xp: experiment) -> None:
        """An experiment begins; starts the thread with the first one."""
        with Scheduler._guard:
            self._experiments.append(xp)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="xpm-scheduler", daemon=True)
                self._thread.start()

    def detach(self, xp: experiment) -> None:
        """An experiment has ended; forgets its jobs, and ends the thread with the last one."""
        self.call(lambda: self._release(xp))
        with Scheduler._guard:
            if not self._experiments and self._thread is not None:
                self._inbox.put(None)
                self._thread.join()
                self._thread = None

    def find(self, job: Job) -> Job | None:
        """The job with the same identifier that was submitted before, unless it has failed."""
        known = self._jobs.get(_key(job))
        return None if known is None or known.state == JobState.ERROR else known

    def submit(self, job: Job, xp: experiment) -> None:
        """Take a job in, for an experiment; returns at once."""
        job.scheduler = self
        self._jobs[_key(job)] = job
        self.post(self._submitted, job, xp)

    def join(self, job: Job, xp: experiment) -> None:
        """Another experiment needs a job that was submitted before."""
        self.post(self._joined, job, xp)

    def post(self, function: Callable[..., None], *arguments: Any) -> None:
        """Leave a message: the function will be called in the scheduler's thread."""
        self._inbox.put((function, arguments))

    def wait_for(self, job: Job) -> None:
        """Block until a job has ended."""
        self.wait_until(job_finished(job))

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Block until a condition on the state of jobs holds; it is tried when one ends."""
        with self._ended:
            self._ended.wait_for(lambda: condition() or self._crash is not None)
        if self._crash is not None:
            raise SchedulerError(f"the scheduler has stopped: {self._crash!r}") from self._crash

    def call(self, function: Callable[[], None]) -> None:
        """Run a function in the scheduler's thread, and wait for it."""
        done: list[bool] = []

        def run() -> None:
            try:
                function()
            finally:
                done.append(True)

        self.post(run)
        self.wait_until(lambda: bool(done))

    # --------------------------------------------------------------- the thread's own part

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:
            # Nobody must wait for a thread that is gone.
            with self._ended:
                self._crash = error
                self._ended.notify_all()
            raise

    def _loop(self) -> None:
        while True:
            try:
                message = self._inbox.get(timeout=self._next_timer())
                if message is None:
                    return
                self._handle(message)
                # What came in meanwhile is handled before anything is written: one write for
                # many jobs instead of one each.
                for _ in range(256):
                    message = self._inbox.get_nowait()
                    if message is None:
                        return
                    self._handle(message)
            except Empty:
                pass
            self._run_timers()
            for xp in tuple(self._experiments):
                xp.flush()
            with self._ended:
                self._ended.notify_all()

    def _handle(self, message: _Message) -> None:
        function, arguments = message
        try:
            function(*arguments)
        except _EXPECTED as error:
            # The one message's matter: all other jobs go on.
            job = next((a for a in arguments if isinstance(a, Job)), None)
            if job is None or job.state.finished():
                _logger.error("%s", error)
            else:
                self._give_up(job, error)

    def _give_up(self, job: Job, error: Exception) -> None:
        self._forget_attempt(job)
        self._move(job, job.fail(JobFailureStatus.FAILED, str(error)))

    def _forget_attempt(self, job: Job) -> None:
        if job.lock is not None:
            job.lock.release()
            job.lock = None
        if job.ticket is not None:
            if job.state == JobState.READY:  # a later cancel would end the process
                job.ticket.cancel()
            job.ticket = None

    def _release(self, xp: experiment) -> None:
        """Forget the jobs of an experiment; those that run go on without this driver."""
        xp.close_records()
        self._experiments.remove(xp)
        for job in xp.jobs.values():
            job.experiments = tuple(other for other in job.experiments if other is not xp)
            if job.experiments:
                continue
            if job.state == JobState.READY:
                self._forget_attempt(job)
            elif job.lock is not None:
                # Its process waits for the lock; that it is taken says enough.
                job.lock.release()
                job.lock = None
            job.ticket = None
            if self._jobs.get(_key(job)) is job:
                del self._jobs[_key(job)]

    def _submitted(self, job: Job, xp: experiment) -> None:
        self._joined(job, xp)
        if job.run_mode is RunMode.GENERATE_ONLY:
            self._generate(job)
        else:
            self._apply(_machine.submit(job))

    def _joined(self, job: Job, xp: experiment) -> None:
        job.experiments = (*job.experiments, xp)
        xp.job_joined(job)

    def _move(self, job: Job, state: JobState) -> None:
        self._apply(_machine.move(job, state))

    def _apply(self, changes: list[_machine.Change]) -> None:
        for job, old, new in changes:
            if new.finished():
                job.endtime = time.time()
            for xp in job.experiments:
                xp.job_changed(job, old, new)
        for job, _, new in changes:
            if new == JobState.READY:
                # By the inbox, not by a call: a chain of done jobs may be 100,000 long.
                self.post(self._consider, job)

    def _consider(self, job: Job) -> None:
        """A job is ready: see what its folder says, and act on it."""
        seen = look(job.folder)
        if seen.verdict is Verdict.FREE:
            job.ticket = ready_for_jobs(job.launcher).request(job, self._events)
        else:
            self._follow(job, seen)

    def _generate(self, job: Job) -> None:
        """Write the folder of a job that is not to be run; its state stays ``UNSCHEDULED``."""
        try:
            generate(job)
        finally:
            for xp in job.experiments:
                xp.job_generated()

    def _follow(self, job: Job, seen: Look) -> None:
        """The job is done, or somebody else's."""
        if seen.verdict is Verdict.DONE:
            job.found_done = True
            self._move(job, JobState.DONE)
            return
        self._watch(job, seen)
        if job.state != JobState.RUNNING:
            job.starttime = time.time()
            self._move(job, JobState.RUNNING)
        if job.ticket is None:
            self._poll_later(job, _FIRST_POLL)

    def on_granted(self, ticket: Ticket) -> None:
        job: Job = ticket.key
        if job.ticket is not ticket:
            ticket.cancel()
            return
        try:
            started = begin(job)
        except _EXPECTED as error:
            self._give_up(job, error)
            return
        if isinstance(started, Started):
            job.lock, job.token = started.lock, started.token
            self._move(job, JobState.SCHEDULED)
            ticket.start(started.command)
        else:
            self._forget_attempt(job)
            self._follow(job, started)

    def on_started(self, ticket: Ticket, process: Process) -> None:
        job: Job = ticket.key
        if job.ticket is not ticket or job.token is None or job.state != JobState.SCHEDULED:
            return
        try:
            claim(job.folder, process.handle(), job.token)
        except OSError as error:
            # It runs all the same, and its lock says so: only where is not on disk.
            _logger.warning("%s: the claim cannot be written: %s", job.locator, error)
        job.lock.release()
        job.lock = None
        job.starttime = time.time()
        self._move(job, JobState.RUNNING)

    def on_refused(self, ticket: Ticket, error: LaunchError) -> None:
        """The job could not be started: try again where that may help, else it has failed."""
        job: Job = ticket.key
        if job.ticket is not ticket or job.state.finished():
            return
        job.ticket = None
        self._forget_attempt(job)
        tries = self._refusals[job] = self._refusals.get(job, 0) + 1
        if not error.retryable or tries >= _TRIES:
            self._give_up(job, error)
        elif job.state == JobState.SCHEDULED:
            self._move(job, JobState.READY)
        else:
            self._consider(job)

    def on_ended(self, ticket: Ticket, end: ProcessEnd) -> None:
        job: Job = ticket.key
        if job.ticket is not ticket or job.state.finished():
            return
        if job.lock is not None:
            job.lock.release()
            job.lock = None
        job.ticket = None
        try:
            self._settle(job, end)
        except _EXPECTED as error:
            self._give_up(job, error)

    def _settle(self, job: Job, end: ProcessEnd | None) -> None:
        """No process is known any more: how did the job end?

        Args:
            job: the job.
            end: what the launcher says; ``None`` when another driver's was watched.
        """
        folder = job.folder
        seen = look(folder)
        if seen.verdict is Verdict.DONE:
            self._move(job, JobState.DONE)
        elif seen.verdict is Verdict.ACTIVE:
            self._follow(job, seen)
        elif (ending := read_failure(folder)) is not None:
            self._move(job, job.fail(ending.reason, ending.message))
        elif was_attempted(folder, job.token):
            ending = _silent_end(end)
            if job.token is not None:
                record_failure(folder, job.token, ending)
            self._move(job, job.fail(ending.reason, ending.message))
        else:
            self._move(job, JobState.READY)

    def _watch(self, job: Job, seen: Look) -> None:
        """Have the launcher watch another driver's process, if that can be done from here."""
        if seen.handle is not None:
            with contextlib.suppress(ForeignHostError):
                launcher = ready_for_jobs(job.launcher)
                job.ticket = launcher.adopt(seen.handle, job, self._events)

    def _poll_later(self, job: Job, interval: float) -> None:
        due = time.monotonic() + interval
        heapq.heappush(self._timers, (due, next(self._timer_numbers), job, interval))

    def _next_timer(self) -> float | None:
        """Seconds until something must be done without a message; ``None``: never."""
        wait = min((xp.next_flush() for xp in self._experiments), default=math.inf)
        if self._timers:
            wait = min(wait, self._timers[0][0] - time.monotonic())
        return None if wait == math.inf else max(0.0, wait)

    def _run_timers(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            _, _, job, interval = heapq.heappop(self._timers)
            self._handle((self._poll, (job, interval)))

    def _poll(self, job: Job, interval: float) -> None:
        if job.state != JobState.RUNNING or job.ticket is not None:
            return
        seen = look(job.folder)
        if seen.verdict is Verdict.ACTIVE:
            self._watch(job, seen)
            if job.ticket is None:
                self._poll_later(job, min(interval * 2, _LONGEST_POLL))
        else:
            self._settle(job, None)


class _LauncherEvents:
    """What launchers tell, from whatever thread: put into the inbox."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def granted(self, ticket: Ticket) -> None:
        self._scheduler.post(self._scheduler.on_granted, ticket)

    def started(self, ticket: Ticket, process: Process) -> None:
        self._scheduler.post(self._scheduler.on_started, ticket, process)

    def refused(self, ticket: Ticket, error: LaunchError) -> None:
        self._scheduler.post(self._scheduler.on_refused, ticket, error)

    def ended(self, ticket: Ticket, end: ProcessEnd) -> None:
        self._scheduler.post(self._scheduler.on_ended, ticket, end)


def _silent_end(end: ProcessEnd | None) -> Ending:
    """How a job failed whose process left no marker."""
    if end is None or (end.code is None and end.reason is None):
        message = "its process is gone, and has left no result"
        return Ending(JobFailureStatus.LOST, 1, message)
    reason = JobFailureStatus.parse(end.reason)
    code = 1 if end.code is None else end.code
    message = end.message or f"its process ended with status {code}, and has left no result"
    return Ending(reason, code, message)


def job_finished(job: Job) -> Callable[[], bool]:
    """The condition that a job has ended."""
    return lambda: job.state.finished()


def _key(job: Job) -> tuple[str, str, str]:
    return (job.workspace.root, job.task_id, job.identifier)
