"""What is done with a job from the moment it is ready to its end.

Runs in the scheduler's thread. The folder is the truth: it is inspected before anything is
started, and after anything has ended.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from xpm_launchers import ForeignHostError, LauncherError
from xpm_scheduler._archive.service import Archives
from xpm_scheduler._graph.nodes import Node
from xpm_scheduler._graph.states import JobFailureStatus, JobState
from xpm_scheduler._job_folder.attempt import Started, begin, claim, record_failure, was_attempted
from xpm_scheduler._job_folder.command import ready_for_jobs
from xpm_scheduler._job_folder.status import FolderState, FolderStatus, inspect, refresh
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.attempts import executions
from xpm_scheduler._workspace.markers import Failure, read_failure
from xpm_scheduler.exceptions import SchedulerError

from .event_loop import EventLoop
from .failures import exhausted_failure, failure_without_marker, final_failure, marker_patience
from .resources import JobResources

if TYPE_CHECKING:
    from xpm_launchers import LaunchError, Process, ProcessExit, Ticket

_logger = logging.getLogger("xpm.scheduler")

#: How often a job of another driver is inspected, when no process can be watched for it:
#: first and longest interval, in seconds.
_FIRST_POLL, _LONGEST_POLL = 0.02, 1.0

#: How often a launcher is asked to start a job that it says may start later.
_TRIES = 5

#: What files, folders and launchers may raise: it concerns one job alone.
EXPECTED = (OSError, SchedulerError, LauncherError)


class JobExecutor:
    """Starts the jobs that are ready, and follows them to their ends.

    Args:
        loop: calls functions in its thread.
        move: changes the state of a job.
        archives: where jobs may be found that are missing.
    """

    def __init__(
        self, loop: EventLoop, move: Callable[[Node, JobState], None], archives: Archives
    ) -> None:
        self._loop = loop
        self._move = move
        self._archives = archives
        self._events = _LauncherEvents(self, loop.post)
        self._resources = JobResources(loop, self._request_slot, self.give_up)
        #: How often jobs could not be started; most jobs have no entry.
        self._refusals: WeakKeyDictionary[Job, int] = WeakKeyDictionary()

    # ---------------------------------------------------------------- called by the scheduler

    def start(self, job: Job) -> None:
        """Start a job that is ready, or do what its folder calls for."""
        if job.state != JobState.READY:
            return  # the plan was stopped meanwhile
        status = inspect(job.folder)
        if status.state is not FolderState.FREE:
            self._follow(job, status)
        elif self._archives.have(job):
            self._archives.fetch(job, self._fetched)
        else:
            self._run(job)

    def _fetched(self, job: Job, result: bool | Exception) -> None:
        """Go on with a job that was looked for in auxiliary folders."""
        if job.state != JobState.READY:
            return
        if isinstance(result, Exception):
            self.give_up(job, result)
        elif result:
            self._follow(job, inspect(job.folder))
        else:
            self._run(job)

    def _run(self, job: Job) -> None:
        if job.resumable and (failure := exhausted_failure(job)) is not None:
            self._move(job, job.fail(failure.reason, failure.message))
        elif self._resources.acquire(job):
            self._request_slot(job)

    def _request_slot(self, job: Job) -> None:
        job.ticket = ready_for_jobs(job.launcher).request(job, self._events)

    def give_up(self, job: Job, error: Exception) -> None:
        """Fail a job that cannot be run."""
        self.forget(job)
        self._move(job, job.fail(JobFailureStatus.FAILED, str(error)))

    def forget(self, job: Job) -> None:
        """Give back all that a job holds that was not started."""
        self._resources.release(job)
        _unlock(job)
        if job.ticket is not None:
            if job.state.notstarted() or job.state.finished():
                job.ticket.cancel()
            job.ticket = None

    def release(self, job: Job) -> None:
        """Leave a job that nobody waits for: it goes on without this driver if it runs."""
        if not job.state.running():
            self.forget(job)
            return
        self._resources.leave(job)
        # Its process waits for the lock; that it is taken is evidence enough.
        _unlock(job)
        job.ticket = None

    # ------------------------------------------------------------------------ from the launcher

    def on_granted(self, ticket: Ticket) -> None:
        """Begin an attempt: there is a slot for the job."""
        job: Job = ticket.key
        if job.ticket is not ticket:
            ticket.cancel()
            return
        try:
            started = begin(job)
            if isinstance(started, Started):
                job.lock, job.token = started.lock, started.token
                self._resources.begun(job)
        except EXPECTED as error:
            self.give_up(job, error)
            return
        if isinstance(started, Started):
            self._move(job, JobState.SCHEDULED)
            ticket.start(started.command)
        else:
            self.forget(job)
            self._follow(job, started)

    def on_started(self, ticket: Ticket, process: Process) -> None:
        """Record the process of a job."""
        job: Job = ticket.key
        if job.ticket is not ticket or job.token is None or job.state != JobState.SCHEDULED:
            return
        try:
            claim(job.folder, process.handle(), job.token)
            self._resources.started(job, process.handle())
        except EXPECTED as error:
            # It runs all the same, and its lock shows it: only where is not on disk.
            _logger.warning("%s: the claim cannot be written: %s", job.locator, error)
        _unlock(job)
        job.starttime = time.time()
        self._move(job, JobState.RUNNING)

    def on_refused(self, ticket: Ticket, error: LaunchError) -> None:
        """Try again to start a job that could not be started, or let it fail."""
        job: Job = ticket.key
        if job.ticket is not ticket or job.state.finished():
            return
        job.ticket = None
        self.forget(job)
        tries = self._refusals[job] = self._refusals.get(job, 0) + 1
        if not error.retryable or tries >= _TRIES:
            self.give_up(job, error)
        elif job.state == JobState.SCHEDULED:
            self._move(job, JobState.READY)
        else:
            self.start(job)

    def on_ended(self, ticket: Ticket, exit: ProcessExit) -> None:
        """Find out how a job ended, whose process has."""
        job: Job = ticket.key
        if job.ticket is not ticket or job.state.finished():
            return
        _unlock(job)
        job.ticket = None
        try:
            self._resources.release(job)
            self._conclude(job, exit)
        except EXPECTED as error:
            self.give_up(job, error)

    # ------------------------------------------------------------------------------- the ends

    def _follow(self, job: Job, status: FolderStatus) -> None:
        """Follow a job that is done, or that somebody else runs."""
        if status.state is FolderState.DONE:
            job.found_done = True
            self._move(job, JobState.DONE)
            return
        self._watch(job, status)
        if job.state != JobState.RUNNING:
            job.starttime = time.time()
            self._move(job, JobState.RUNNING)
        if job.ticket is None:
            self._loop.later(_FIRST_POLL, self._poll, job, _FIRST_POLL)

    def _conclude(self, job: Job, exit: ProcessExit | None, waited: float = 0.0) -> None:
        """Find out how a job ended that has no process any more.

        Args:
            job: the job.
            exit: what the launcher reports; `None` when another driver's process was watched.
            waited: for how long its marker was looked for, in seconds.
        """
        if waited and (not job.state.running() or job.ticket is not None or not job.observers):
            return  # it has ended, or is nobody's any more
        folder = job.folder
        status = inspect(folder)
        if status.state is not FolderState.DONE:
            refresh(folder)
            status = inspect(folder)
        if status.state is FolderState.DONE:
            self._move(job, JobState.DONE)
        elif status.state is FolderState.ACTIVE:
            self._follow(job, status)
        elif (failure := read_failure(folder)) is not None:
            self._failed(job, failure)
        elif not was_attempted(folder, job.token):
            self._move(job, JobState.READY)
        elif waited < marker_patience(exit):
            # On a network file system, what the job has written may be seen late.
            wait = min(_LONGEST_POLL, max(_FIRST_POLL, waited))
            self._loop.later(wait, self._conclude, job, exit, waited + wait)
        else:
            self._failed_without_marker(job, exit)

    def _failed_without_marker(self, job: Job, exit: ProcessExit | None) -> None:
        failure = failure_without_marker(exit)
        if job.token is not None:
            try:
                record_failure(job.folder, job.token, failure)
            except OSError as error:  # a full disk: what matters is how the job ended
                failure = failure._replace(message=f"{failure.message} ({error})")
        self._failed(job, failure)

    def _failed(self, job: Job, failure: Failure) -> None:
        final = final_failure(job, failure)
        if final is None:
            _logger.info("%s: goes on after execution %d", job.locator, executions(job.folder))
            self._move(job, JobState.READY)
        else:
            self._move(job, job.fail(final.reason, final.message))

    def _watch(self, job: Job, status: FolderStatus) -> None:
        """Have the launcher watch another driver's process, if that can be done from here."""
        if status.handle is not None:
            with contextlib.suppress(ForeignHostError):
                launcher = ready_for_jobs(job.launcher)
                job.ticket = launcher.adopt(status.handle, job, self._events)

    def _poll(self, job: Job, interval: float) -> None:
        if job.state != JobState.RUNNING or job.ticket is not None:
            return
        status = inspect(job.folder)
        if status.state is not FolderState.ACTIVE:
            self._conclude(job, None)
            return
        self._watch(job, status)
        if job.ticket is None:
            interval = min(interval * 2, _LONGEST_POLL)
            self._loop.later(interval, self._poll, job, interval)


class _LauncherEvents:
    """Puts into the inbox what launchers report, from whatever thread."""

    def __init__(self, executor: JobExecutor, post: Callable[..., None]) -> None:
        self._executor = executor
        self._post = post

    def granted(self, ticket: Ticket) -> None:
        self._post(self._executor.on_granted, ticket)

    def started(self, ticket: Ticket, process: Process) -> None:
        self._post(self._executor.on_started, ticket, process)

    def refused(self, ticket: Ticket, error: LaunchError) -> None:
        self._post(self._executor.on_refused, ticket, error)

    def ended(self, ticket: Ticket, exit: ProcessExit) -> None:
        self._post(self._executor.on_ended, ticket, exit)


def _unlock(job: Job) -> None:
    if job.lock is not None:
        job.lock.release()
        job.lock = None
