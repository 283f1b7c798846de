"""Which jobs are to be run at all: those that are wanted, and what these require."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator

from xpm_scheduler._archive.service import Archives
from xpm_scheduler._graph.nodes import Node, TransientMode
from xpm_scheduler._graph.states import JobFailureStatus, JobState
from xpm_scheduler._graph.transitions import Change, stop, submit
from xpm_scheduler._job_folder.attempt import generate
from xpm_scheduler._job_folder.status import FolderState, inspect
from xpm_scheduler._tasks.interfaces import JobObserver
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.prepare import PrepareResource

from .job_executor import EXPECTED

_logger = logging.getLogger("xpm.scheduler")


class Requirements:
    """Takes in the jobs that are to be run; used in the scheduler's thread.

    Args:
        apply: does what follows from changes of states.
        move: changes the state of a node.
        archives: where jobs may be found that are missing.
    """

    def __init__(
        self,
        apply: Callable[[list[Change]], None],
        move: Callable[[Node, JobState], None],
        archives: Archives,
    ) -> None:
        self._apply = apply
        self._move = move
        self._archives = archives

    def require(self, node: Node) -> None:
        """Run a node, and with it what it requires; a loop, however deep that goes."""
        stack = [node]
        while stack:
            node = stack.pop()
            if node.required or node.state != JobState.UNSCHEDULED:
                continue
            node.required = True
            if isinstance(node, Job):
                for observer in node.observers:
                    observer.job_required(node)
                if self._ends_at_once(node):
                    continue
            stack += self._take_in(node)

    def generate(self, job: Job) -> None:
        """Write the folder of a job that is not to be run; its state stays `UNSCHEDULED`."""
        try:
            generate(job)
        finally:
            for observer in job.observers:
                observer.job_generated()

    def prepare_only(self, job: Job) -> None:
        """Run what is to be prepared for a job, and not the job."""
        for origin in job.origins:
            if isinstance(origin, PrepareResource):
                for observer in job.observers:
                    if observer not in origin.observers and not origin.state.finished():
                        origin.observers.append(observer)
                        observer.preparation_began()
                self.require(origin)
        for observer in job.observers:
            observer.job_left_out()

    def _take_in(self, node: Node) -> list[Node]:
        """Have a node run; return what is to be required next, since this node requires it."""
        self._apply(submit(node))
        return [origin for origin in node.origins if not origin.required]

    def _ends_at_once(self, job: Job) -> bool:
        """Return whether a job has ended, or is being fetched, so that it requires nothing."""
        cause = stop_cause(job)
        deferred = any(not origin.required for origin in job.origins)
        if not deferred and cause is None:
            # In a plan that is run again most are done: two changes for each, not four.
            ready = all(origin.state == JobState.DONE for origin in job.origins)
            if not ready or not job.folder.is_done():
                return False
            self._found_done(job)
            return True
        try:
            done = inspect(job.folder).state is FolderState.DONE
            if deferred and not done and self._archives.have(job):
                self._archives.fetch(job, self._fetched)
                return True
        except EXPECTED as error:
            self._move(job, job.fail(JobFailureStatus.FAILED, str(error)))
            return True
        if done:
            self._found_done(job)
        elif cause is not None:
            self._apply(stop([job], cause))
        return done or cause is not None

    def _found_done(self, job: Job) -> None:
        job.found_done = True
        self._move(job, JobState.DONE)

    def _fetched(self, job: Job, result: bool | Exception) -> None:
        """Go on with a job that was looked for in auxiliary folders."""
        if job.state != JobState.UNSCHEDULED:
            return
        if result is True:
            self._found_done(job)
            return
        if isinstance(result, Exception):
            _logger.warning("%s: cannot be restored, and is run: %s", job.locator, result)
        for origin in self._take_in(job):
            self.require(origin)


def stop_cause(job: Job) -> Job | None:
    """Return the failure that has stopped all experiments of a job; `None` if one goes on."""
    cause: Job | None = None
    for observer in job.observers:
        cause = observer.stop_cause
        if cause is None:
            return None
    return cause


def removable(observer: JobObserver[Job]) -> list[Job]:
    """Return the jobs of an experiment whose folders are to go, as all that uses them is done.

    What nothing requires is left alone: it may be a result of its own, of an earlier plan.
    """
    jobs = observer.jobs.values()
    users = {job: 0 for job in jobs if job.transient is TransientMode.REMOVE}
    kept = {job for job in users if job.observers != (observer,)}
    for origin, job in _uses(jobs, users):
        users[origin] += 1
        if job.state != JobState.DONE and job.required:
            kept.add(origin)
    return [job for job, count in users.items() if job not in kept and _is_over(job, count)]


def _uses(jobs: Iterable[Job], removed: Container[Job]) -> Iterator[tuple[Job, Job]]:
    """Yield each of the removed jobs with each job that requires it."""
    for job in jobs:
        for origin in job.origins:
            if isinstance(origin, Job) and origin in removed:
                yield origin, job


def _is_over(job: Job, users: int) -> bool:
    """Return whether a job is done, or was not required by the jobs that use it."""
    return job.state == JobState.DONE or (users > 0 and not job.required)
