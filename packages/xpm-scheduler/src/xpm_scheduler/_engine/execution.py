"""What is done with a job from the moment it is ready to its end.

Runs in the scheduler's thread. The folder is the truth: before anything is started, and
after anything has ended, it is asked what is so.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from xpm_launchers import ForeignHostError, LauncherError
from xpm_scheduler._archive.service import Archives
from xpm_scheduler._graph.states import JobFailureStatus, JobState
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.attempts import executions
from xpm_scheduler._workspace.markers import Ending, read_failure
from xpm_scheduler.exceptions import SchedulerError

from .job_folder import (
    Look,
    Started,
    Verdict,
    begin,
    claim,
    look,
    ready_for_jobs,
    record_failure,
    refresh,
    was_attempted,
)
from .resources import Holdings

if TYPE_CHECKING:
    from xpm_launchers import LaunchError, Process, ProcessEnd, Ticket

_logger = logging.getLogger("xpm.scheduler")

#: How often a job of another driver is looked at, when no process can be watched for it:
#: first and longest interval, in seconds.
_FIRST_POLL, _LONGEST_POLL = 0.02, 1.0

#: For how long a marker is looked for that is not there (seconds): after success, and when
#: it is not known how the process ended.
_LONGEST_PATIENCE, _SHORT_PATIENCE = 5.0, 1.0

#: How often a launcher is asked to start a job that it says may start later.
_TRIES = 5

#: What files, folders and launchers may make go wrong: the matter of one job.
EXPECTED = (OSError, SchedulerError, LauncherError)

#: How an execution of a resumable job may end for it to go on: none of the task's own doing.
_GOES_ON = (JobFailureStatus.TIMEOUT, JobFailureStatus.LOST)


class Mover(Protocol):
    """What the scheduler does for those who drive jobs."""

    def move(self, node: Job, state: JobState) -> None:
        """Change the state of a job, and tell whom it concerns."""

    def post(self, function: Callable[..., None], *arguments: object) -> None:
        """Call a function in the scheduler's thread."""

    def later(self, seconds: float, function: Callable[..., None], *arguments: object) -> None:
        """Call a function after some time; only from the scheduler's thread."""


class Driving:
    """Starts the jobs that are ready, and follows them to their ends.

    Args:
        mover: the scheduler.
        archives: where jobs may be found that are missing.
    """

    def __init__(self, mover: Mover, archives: Archives) -> None:
        self._mover = mover
        self._archives = archives
        self._events = _LauncherEvents(self, mover)
        self._holdings = Holdings(mover, self._ask_for_place, self.give_up)
        #: How often jobs could not be started; of most jobs, there is nothing to say.
        self._refusals: WeakKeyDictionary[Job, int] = WeakKeyDictionary()

    # ---------------------------------------------------------------- called by the scheduler

    def consider(self, job: Job) -> None:
        """A job is ready: see what its folder says, and act on it."""
        if job.state != JobState.READY:
            return  # the plan was stopped meanwhile
        seen = look(job.folder)
        if seen.verdict is not Verdict.FREE:
            self._follow(job, seen)
        elif self._archives.have(job):
            self._archives.fetch(job, self._fetched)
        else:
            self._run(job)

    def _fetched(self, job: Job, found: bool | Exception) -> None:
        """A job was looked for in auxiliary folders."""
        if job.state != JobState.READY:
            return
        if isinstance(found, Exception):
            self.give_up(job, found)
        elif found:
            self._follow(job, look(job.folder))
        else:
            self._run(job)

    def _run(self, job: Job) -> None:
        if job.resumable and (ending := _used_up(job)) is not None:
            self._mover.move(job, job.fail(ending.reason, ending.message))
        elif self._holdings.acquire(job):
            self._ask_for_place(job)

    def _ask_for_place(self, job: Job) -> None:
        job.ticket = ready_for_jobs(job.launcher).request(job, self._events)

    def give_up(self, job: Job, error: Exception) -> None:
        """A job cannot be run."""
        self.forget(job)
        self._mover.move(job, job.fail(JobFailureStatus.FAILED, str(error)))

    def forget(self, job: Job) -> None:
        """Give back all that a job holds that was not started."""
        self._holdings.release(job)
        if job.lock is not None:
            job.lock.release()
            job.lock = None
        if job.ticket is not None:
            if job.state.notstarted() or job.state.finished():
                job.ticket.cancel()
            job.ticket = None

    def release(self, job: Job) -> None:
        """Nobody waits for a job any more: it goes on without this driver if it runs."""
        if not job.state.running():
            self.forget(job)
            return
        self._holdings.leave(job)
        if job.lock is not None:
            # Its process waits for the lock; that it is taken says enough.
            job.lock.release()
            job.lock = None
        job.ticket = None

    # ------------------------------------------------------------------------ from the launcher

    def on_granted(self, ticket: Ticket) -> None:
        job: Job = ticket.key
        if job.ticket is not ticket:
            ticket.cancel()
            return
        try:
            started = begin(job)
            if isinstance(started, Started):
                job.lock, job.token = started.lock, started.token
                self._holdings.begun(job)
        except EXPECTED as error:
            self.give_up(job, error)
            return
        if isinstance(started, Started):
            self._mover.move(job, JobState.SCHEDULED)
            ticket.start(started.command)
        else:
            self.forget(job)
            self._follow(job, started)

    def on_started(self, ticket: Ticket, process: Process) -> None:
        job: Job = ticket.key
        if job.ticket is not ticket or job.token is None or job.state != JobState.SCHEDULED:
            return
        try:
            claim(job.folder, process.handle(), job.token)
            self._holdings.started(job, process.handle())
        except EXPECTED as error:
            # It runs all the same, and its lock says so: only where is not on disk.
            _logger.warning("%s: the claim cannot be written: %s", job.locator, error)
        job.lock.release()
        job.lock = None
        job.starttime = time.time()
        self._mover.move(job, JobState.RUNNING)

    def on_refused(self, ticket: Ticket, error: LaunchError) -> None:
        """The job could not be started: try again where that may help, else it has failed."""
        job: Job = ticket.key
        if job.ticket is not ticket or job.state.finished():
            return
        job.ticket = None
        self.forget(job)
        tries = self._refusals[job] = self._refusals.get(job, 0) + 1
        if not error.retryable or tries >= _TRIES:
            self.give_up(job, error)
        elif job.state == JobState.SCHEDULED:
            self._mover.move(job, JobState.READY)
        else:
            self.consider(job)

    def on_ended(self, ticket: Ticket, end: ProcessEnd) -> None:
        job: Job = ticket.key
        if job.ticket is not ticket or job.state.finished():
            return
        if job.lock is not None:
            job.lock.release()
            job.lock = None
        job.ticket = None
        try:
            self._holdings.release(job)
            self._settle(job, end)
        except EXPECTED as error:
            self.give_up(job, error)

    # ------------------------------------------------------------------------------- the ends

    def _follow(self, job: Job, seen: Look) -> None:
        """The job is done, or somebody else's."""
        if seen.verdict is Verdict.DONE:
            job.found_done = True
            self._mover.move(job, JobState.DONE)
            return
        self._watch(job, seen)
        if job.state != JobState.RUNNING:
            job.starttime = time.time()
            self._mover.move(job, JobState.RUNNING)
        if job.ticket is None:
            self._mover.later(_FIRST_POLL, self._poll, job, _FIRST_POLL)

    def _settle(self, job: Job, end: ProcessEnd | None, waited: float = 0.0) -> None:
        """No process is known any more: how did the job end?

        Args:
            job: the job.
            end: what the launcher says; ``None`` when another driver's was watched.
            waited: for how long its marker was looked for, in seconds.
        """
        if waited and (not job.state.running() or job.ticket is not None or not job.experiments):
            return  # it is settled, or nobody's any more
        folder = job.folder
        seen = look(folder)
        if seen.verdict is not Verdict.DONE:
            refresh(folder)
            seen = look(folder)
        if seen.verdict is Verdict.DONE:
            self._mover.move(job, JobState.DONE)
        elif seen.verdict is Verdict.ACTIVE:
            self._follow(job, seen)
        elif (ending := read_failure(folder)) is not None:
            self._end_badly(job, ending)
        elif was_attempted(folder, job.token):
            if waited < _patience(end):
                # On a network file system, what the job has written may be seen late.
                wait = min(_LONGEST_POLL, max(_FIRST_POLL, waited))
                self._mover.later(wait, self._settle, job, end, waited + wait)
                return
            ending = silent_end(end)
            if job.token is not None:
                try:
                    record_failure(folder, job.token, ending)
                except OSError as error:  # a full disk: what matters is how the job ended
                    ending = ending._replace(message=f"{ending.message} ({error})")
            self._end_badly(job, ending)
        else:
            self._mover.move(job, JobState.READY)

    def _end_badly(self, job: Job, ending: Ending) -> None:
        if job.resumable and ending.reason in _GOES_ON:
            count = executions(job.folder)
            if count < job.max_retries:
                _logger.info("%s: goes on after execution %d", job.locator, count)
                self._mover.move(job, JobState.READY)
                return
            ending = _after(count, ending)
        self._mover.move(job, job.fail(ending.reason, ending.message))

    def _watch(self, job: Job, seen: Look) -> None:
        """Have the launcher watch another driver's process, if that can be done from here."""
        if seen.handle is not None:
            with contextlib.suppress(ForeignHostError):
                launcher = ready_for_jobs(job.launcher)
                job.ticket = launcher.adopt(seen.handle, job, self._events)

    def _poll(self, job: Job, interval: float) -> None:
        if job.state != JobState.RUNNING or job.ticket is not None:
            return
        seen = look(job.folder)
        if seen.verdict is not Verdict.ACTIVE:
            self._settle(job, None)
            return
        self._watch(job, seen)
        if job.ticket is None:
            interval = min(interval * 2, _LONGEST_POLL)
            self._mover.later(interval, self._poll, job, interval)


class _LauncherEvents:
    """What launchers tell, from whatever thread: put into the inbox."""

    def __init__(self, driving: Driving, mover: Mover) -> None:
        self._driving = driving
        self._post = mover.post

    def granted(self, ticket: Ticket) -> None:
        self._post(self._driving.on_granted, ticket)

    def started(self, ticket: Ticket, process: Process) -> None:
        self._post(self._driving.on_started, ticket, process)

    def refused(self, ticket: Ticket, error: LaunchError) -> None:
        self._post(self._driving.on_refused, ticket, error)

    def ended(self, ticket: Ticket, end: ProcessEnd) -> None:
        self._post(self._driving.on_ended, ticket, end)


def _patience(end: ProcessEnd | None) -> float:
    """For how long the marker of a job is looked for whose process has ended, in seconds.

    Long when it should be there, for a moment when nobody knows, not at all after a crash.
    """
    if end is not None and end.code is not None:
        return _LONGEST_PATIENCE if end.code == 0 else 0.0
    return _SHORT_PATIENCE


def silent_end(end: ProcessEnd | None) -> Ending:
    """How a job failed whose process left no marker."""
    if end is None or (end.code is None and end.reason is None):
        message = "its process is gone, and has left no result"
        return Ending(JobFailureStatus.LOST, 1, message)
    reason = JobFailureStatus.parse(end.reason)
    code = 1 if end.code is None else end.code
    message = end.message or f"its process ended with status {code}, and has left no result"
    return Ending(reason, code, message)


def _used_up(job: Job) -> Ending | None:
    """How a resumable job ended that may not be executed again; ``None`` when it may."""
    count = executions(job.folder)
    if count == 0 or count < job.max_retries:
        return None
    ending = read_failure(job.folder)
    if ending is None:
        ending = Ending(JobFailureStatus.LOST, 1, "its last process has left no result")
    return _after(count, ending)


def _after(count: int, ending: Ending) -> Ending:
    times = "once" if count == 1 else f"{count} times"
    text = f"was executed {times}, as often as max_retries allows"
    return ending._replace(message=f"{ending.message} ({text})" if ending.message else text)
