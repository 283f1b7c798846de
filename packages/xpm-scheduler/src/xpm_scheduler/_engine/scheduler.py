"""The scheduler: one thread in which all jobs of this process go from state to state.

Everybody else only leaves messages in its inbox: plans that submit, launchers that tell
what became of a process. There is no thread, coroutine, lock or open file for a job that
waits; the decisions are in ``_machine``, what is done with a ready job in ``_driving``, the
folders in ``_folder``.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from xpm_scheduler._archive.service import Archives
from xpm_scheduler._graph import transitions as _machine
from xpm_scheduler._graph.nodes import Node, TransientMode
from xpm_scheduler._graph.states import JobFailureStatus, JobState
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.prepare import Preparations, PrepareResource
from xpm_scheduler._workspace.workspace import RunMode
from xpm_scheduler.exceptions import SchedulerError

from .callbacks import Callbacks, Watch
from .execution import EXPECTED, Driving
from .gc import RareCollections
from .job_folder import Verdict, generate, look
from .loop import Loop

if TYPE_CHECKING:
    from xpm_scheduler._archive.archiver import Archiver
    from xpm_scheduler._experiment.experiment import experiment
    from xpm_scheduler._services.service import Service

_logger = logging.getLogger("xpm.scheduler")


class Listener:
    """Told what happens to jobs, in the scheduler's thread: return at once.

    Subclass it, override what matters, and hand it to :meth:`Scheduler.addlistener`. Of each
    pair of methods one is enough: the ``on_`` ones call the others.
    """

    def on_job_submitted(self, job: Job) -> None:
        """A job was submitted."""
        self.job_submitted(job)

    def on_job_state_changed(self, job: Job) -> None:
        """A job has changed its state."""
        self.job_state(job)

    def on_service_added(self, service: Any) -> None:
        """A service was added to an experiment."""
        self.service_add(service)

    def job_submitted(self, job: Job) -> None:
        """A job was submitted."""

    def job_state(self, job: Job) -> None:
        """A job has changed its state."""

    def service_add(self, service: Any) -> None:
        """A service was added to an experiment."""


class Scheduler(Loop):
    """Runs the jobs of this process; one object, in a thread that ends with the last experiment."""

    expected = EXPECTED

    _instance: ClassVar[Scheduler | None] = None
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        super().__init__("xpm-scheduler")
        self._jobs: dict[tuple[str, str, str], Job] = {}
        self._experiments: list[experiment] = []
        self._listeners: list[Listener] = []
        self._collections = RareCollections()
        self._archives = Archives(self)
        self._driving = Driving(self, self._archives)
        self.preparations = Preparations(self)
        self._callbacks = Callbacks(self)

    @classmethod
    def instance(cls) -> Scheduler:
        """The scheduler of this process."""
        found = cls._instance
        if found is None:
            with cls._guard:
                found = cls._instance = cls._instance or Scheduler()
        return found

    # ------------------------------------------------------------- called by experiments

    def addlistener(self, listener: Listener) -> None:
        """Tell a listener what happens from here on."""
        self._listeners.append(listener)

    def removelistener(self, listener: Listener) -> None:
        """Tell a listener nothing more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def attach(self, xp: experiment) -> None:
        """An experiment begins; starts the thread with the first one."""
        with Scheduler._guard:
            if not self._experiments:
                self._collections.begin()
            self._experiments.append(xp)
            self.start()

    def detach(self, xp: experiment) -> None:
        """An experiment has ended; forgets its jobs, and ends the thread with the last one."""
        self.call(lambda: self._release(xp))
        with Scheduler._guard:
            if not self._experiments:
                self.stop()
                self._collections.end()

    def runs(self, xp: experiment) -> bool:
        """Whether an experiment has begun and not ended."""
        return xp in self._experiments

    def holds(self, job: Job) -> bool:
        """Whether a job belongs to an experiment that is open."""
        return self._jobs.get(_key(job)) is job

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

    def submitted_again(self, job: Job, mode: TransientMode) -> None:
        """A job was submitted once more: of the modes, the most conservative one holds."""
        self.post(self._take_mode, job, mode)

    def removable(self, xp: experiment) -> list[Job]:
        """The jobs of an experiment whose folders are to go, as all that needs them is done.

        What nothing needs is left alone: it may be a result of its own, of an earlier plan.
        """
        jobs = {job: 0 for job in xp.jobs.values() if job.transient is TransientMode.REMOVE}
        kept = {job for job in jobs if job.experiments != (xp,)}
        for job in xp.jobs.values():
            for origin in job.origins:
                if isinstance(origin, Job) and origin in jobs:
                    jobs[origin] += 1
                    if job.state != JobState.DONE and job.demanded:
                        kept.add(origin)
        return [
            job
            for job, needed in jobs.items()
            if job not in kept and (job.state == JobState.DONE or (needed and not job.demanded))
        ]

    def watch_output(self, job: Job, watch: Watch) -> None:
        """Tell a plan of the outputs of a job; one that is run only if needed is needed now."""
        self.post(self._watch_output, job, watch)

    def on_completed(self, job: Job, xp: experiment, callback: Callable[[], Any]) -> None:
        """Call back when a job is done."""
        self.post(self._callbacks.completed, job, xp, callback)

    def wait_for_all(self, xp: experiment) -> None:
        """Block until all that an experiment has submitted has ended.

        Raises:
            SchedulerError: a callback of the experiment would wait for itself.
        """
        if self._callbacks.calling():
            raise SchedulerError(
                f"{xp.name}: a callback cannot wait for the experiment, which waits for it; wait "
                "for the tasks that you need (`task.wait()`)"
            )
        # What was asked for may still lie in the inbox.
        self.call(lambda: None)
        self.wait_until(lambda: xp.counts.nothing_left(len(xp.jobs)))

    def finish_archives(self) -> None:
        """Block until all that is to be archived so far has been."""
        archivers: list[Archiver] = []
        self.call(lambda: archivers.extend(self._archives.take()))
        for archiver in archivers:
            archiver.close()

    def wait_for(self, job: Job) -> None:
        """Block until a job has ended; one that is run only if needed is needed now."""
        self.post(self._demand, job)
        self.wait_until(job_finished(job))

    def service_added(self, service: Service) -> None:
        """A service was added to an experiment; called in the loop's thread."""
        for listener in self._listeners:
            listener.on_service_added(service)

    # ----------------------------------------------------------------------- the loop's wishes

    def failed(self, error: Exception, arguments: tuple[Any, ...]) -> None:
        """A message has raised: the one job's matter; all others go on."""
        # Messages of launchers are about a ticket.
        about = (getattr(argument, "key", argument) for argument in arguments)
        job = next((each for each in about if isinstance(each, Job)), None)
        if job is None or job.state.finished():
            _logger.error("%s", error)
        else:
            self._driving.give_up(job, error)

    def idle_until(self) -> float:
        return min((xp.next_flush() for xp in self._experiments), default=math.inf)

    def after_messages(self) -> None:
        for xp in tuple(self._experiments):
            xp.flush()

    # -------------------------------------------------------------------- in the loop's thread

    def _release(self, xp: experiment) -> None:
        """Forget the jobs of an experiment; those that run go on without this driver."""
        self._callbacks.forget(xp)
        xp.close_records()
        self._experiments.remove(xp)
        for job in xp.jobs.values():
            job.experiments = tuple(other for other in job.experiments if other is not xp)
            if job.experiments:
                continue
            self._driving.release(job)
            if self._jobs.get(_key(job)) is job:
                del self._jobs[_key(job)]

    def _submitted(self, job: Job, xp: experiment) -> None:
        if xp not in self._experiments:
            return  # a callback has submitted it while the experiment was ending
        self._joined(job, xp)
        for listener in self._listeners:
            listener.on_job_submitted(job)
        if job.run_mode is RunMode.GENERATE_ONLY:
            self._generate(job)
        elif job.run_mode is RunMode.PREPARE:
            self._prepare_only(job)
        elif job.transient is TransientMode.NONE:
            self._demand(job)

    def _joined(self, job: Job, xp: experiment) -> None:
        job.experiments = (*job.experiments, xp)
        xp.job_joined(job)

    def _watch_output(self, job: Job, watch: Watch) -> None:
        self._callbacks.watch(job, watch)
        if job.run_mode is RunMode.NORMAL:
            self._demand(job)

    def _take_mode(self, job: Job, mode: TransientMode) -> None:
        if mode < job.transient:
            job.transient = mode
        if job.transient is TransientMode.NONE and job.run_mode is RunMode.NORMAL:
            self._demand(job)

    def _demand(self, node: Node) -> None:
        """Something is to be run, and with it what it needs; a loop, however deep that goes."""
        stack = [node]
        while stack:
            node = stack.pop()
            if node.demanded or node.state != JobState.UNSCHEDULED:
                continue
            node.demanded = True
            if isinstance(node, Job):
                for xp in node.experiments:
                    xp.job_demanded(node)
                if self._needs_nothing(node):
                    continue
            stack += self._take_in(node)

    def _take_in(self, node: Node) -> list[Node]:
        """Have something run; returns what is to be demanded next, since it is needed now."""
        self._apply(_machine.submit(node))
        return [origin for origin in node.origins if not origin.demanded]

    def _needs_nothing(self, job: Job) -> bool:
        """Whether a job has ended as it is demanded, so that nothing it needs is needed."""
        cause = _stop_cause(job)
        asleep = any(not origin.demanded for origin in job.origins)
        if not asleep and cause is None:
            # In a plan that is typed again most are done: two changes for each, not four.
            ready = all(origin.state == JobState.DONE for origin in job.origins)
            if not ready or not job.folder.is_done():
                return False
            self._found_done(job)
            return True
        try:
            done = look(job.folder).verdict is Verdict.DONE
            if asleep and not done and self._archives.have(job):
                self._archives.fetch(job, self._fetched)
                return True
        except EXPECTED as error:
            self.move(job, job.fail(JobFailureStatus.FAILED, str(error)))
            return True
        if done:
            self._found_done(job)
        elif cause is not None:
            self._apply(_machine.stop([job], cause))
        return done or cause is not None

    def _found_done(self, job: Job) -> None:
        job.found_done = True
        self.move(job, JobState.DONE)

    def _fetched(self, job: Job, found: bool | Exception) -> None:
        """A job was looked for in auxiliary folders before what it needs was demanded."""
        if job.state != JobState.UNSCHEDULED:
            return
        if found is True:
            self._found_done(job)
            return
        if isinstance(found, Exception):
            _logger.warning("%s: cannot be restored, and is run: %s", job.locator, found)
        for origin in self._take_in(job):
            self._demand(origin)

    def move(self, node: Node, state: JobState) -> None:
        """Change a state, and tell whom it concerns; only in the scheduler's thread."""
        self._apply(_machine.move(node, state))

    def _apply(self, changes: list[_machine.Change]) -> None:
        for node, old, new in changes:
            if isinstance(node, Job):
                self._job_changed(node, old, new)
        for node, _, new in changes:
            if new != JobState.READY:
                continue
            # By the inbox, not by a call: a chain of done jobs may be 100,000 long.
            if isinstance(node, Job):
                self.post(self._driving.consider, node)
            elif isinstance(node, PrepareResource):
                self.preparations.run(node)

    def _job_changed(self, job: Job, old: JobState, new: JobState) -> None:
        if new.finished():
            job.endtime = time.time()
            self._driving.forget(job)  # it may have been given up while it waited
            self._callbacks.job_ended(job)
            if new == JobState.DONE:
                self._archives.job_done(job)
        for xp in job.experiments:
            xp.job_changed(job, old, new)
        for listener in self._listeners:
            listener.on_job_state_changed(job)
        if new == JobState.ERROR and job.blame is None:
            for xp in job.experiments:
                if xp.stops:
                    self._stop(xp, job)

    def _stop(self, xp: experiment, cause: Job) -> None:
        """A job has failed in an experiment that is to stop then: what has not begun will not."""
        if xp.stop_cause is None:
            xp.stop_cause = cause
            self.post(self._give_up_others, xp, cause)

    def _give_up_others(self, xp: experiment, cause: Job) -> None:
        others = [job for job in tuple(xp.jobs.values()) if _stop_cause(job) is not None]
        self._apply(_machine.stop(others, cause))

    def _generate(self, job: Job) -> None:
        """Write the folder of a job that is not to be run; its state stays ``UNSCHEDULED``."""
        try:
            generate(job)
        finally:
            for xp in job.experiments:
                xp.job_generated()

    def _prepare_only(self, job: Job) -> None:
        """Run what is to be prepared for a job, and not the job."""
        for origin in job.origins:
            if isinstance(origin, PrepareResource):
                for xp in job.experiments:
                    xp.preparing(origin)
                self._demand(origin)
        for xp in job.experiments:
            xp.job_left_out()


def job_finished(job: Job) -> Callable[[], bool]:
    """The condition that a job has ended."""
    return lambda: job.state.finished()


def _stop_cause(job: Job) -> Job | None:
    """The failure that has stopped all experiments of a job; ``None``: one of them goes on."""
    cause: Job | None = None
    for xp in job.experiments:
        cause = xp.stop_cause
        if cause is None:
            return None
    return cause


def _key(job: Job) -> tuple[str, str, str]:
    return (job.workspace.root, job.task_id, job.identifier)
