"""The scheduler: one thread in which all jobs of this process go from state to state.

Everybody else only leaves messages in its inbox: plans that submit, launchers that report what
became of a process. There is no thread, coroutine, lock or open file for a job that waits; the
decisions are in `transitions`, what is to be run at all in `requirements`, what is done with a
ready job in `job_executor`.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from xpm_config import Config
from xpm_scheduler._archive.service import Archives
from xpm_scheduler._graph import transitions
from xpm_scheduler._graph.nodes import Node, TransientMode
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._tasks.interfaces import JobObserver
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.prepare import Preparations, PrepareResource
from xpm_scheduler._workspace.workspace import RunMode
from xpm_scheduler.exceptions import SchedulerError

from .callbacks import Callbacks, OutputWatch
from .event_loop import EventLoop
from .gc import RareCollections
from .job_executor import EXPECTED, JobExecutor
from .listener import Listener
from .requirements import Requirements, removable, stop_cause

if TYPE_CHECKING:
    from xpm_scheduler._archive.archiver import Archiver

_logger = logging.getLogger("xpm.scheduler")


class Scheduler(EventLoop):
    """Runs the jobs of this process; one object, in a thread that ends with the last experiment.

    It is the `Engine` of experiments.
    """

    expected = EXPECTED

    _instance: ClassVar[Scheduler | None] = None
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        super().__init__("xpm-scheduler")
        self._jobs: dict[tuple[str, str, str], Job] = {}
        self._observers: list[JobObserver[Job]] = []
        self._listeners: list[Listener] = []
        self._collections = RareCollections()
        self._archives = Archives(self.post)
        self._executor = JobExecutor(self, self.move, self._archives)
        self._requirements = Requirements(self._apply, self.move, self._archives)
        self._preparations = Preparations(self.post, self.move)
        self._callbacks = Callbacks(self.post)

    @classmethod
    def instance(cls) -> Scheduler:
        """Return the scheduler of this process."""
        scheduler = cls._instance
        if scheduler is None:
            with cls._guard:
                scheduler = cls._instance = cls._instance or Scheduler()
        return scheduler

    # ------------------------------------------------------------- called by experiments

    def addlistener(self, listener: Listener) -> None:
        """Call a listener for what happens from here on."""
        self._listeners.append(listener)

    def removelistener(self, listener: Listener) -> None:
        """Do not call a listener any more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def attach(self, observer: JobObserver[Job]) -> None:
        """Begin an experiment; start the thread with the first one."""
        with Scheduler._guard:
            if not self._observers:
                self._collections.begin()
            self._observers.append(observer)
            self.start()

    def detach(self, observer: JobObserver[Job]) -> None:
        """End an experiment: forget its jobs, and end the thread with the last one."""
        self.call(lambda: self._release(observer))
        with Scheduler._guard:
            if not self._observers:
                self.stop()
                self._collections.end()

    def runs(self, observer: JobObserver[Job]) -> bool:
        """Return whether an experiment has begun and not ended."""
        return observer in self._observers

    def holds(self, job: Job) -> bool:
        """Return whether a job belongs to an experiment that is open."""
        return self._jobs.get(_key(job)) is job

    def find(self, job: Job) -> Job | None:
        """Return the job of the same identifier that was submitted before, unless it failed."""
        same = self._jobs.get(_key(job))
        return None if same is None or same.state == JobState.ERROR else same

    def submit(self, job: Job, observer: JobObserver[Job]) -> None:
        """Take a job in, for an experiment; return at once."""
        job.scheduler = self
        self._jobs[_key(job)] = job
        self.post(self._submitted, job, observer)

    def join(self, job: Job, observer: JobObserver[Job]) -> None:
        """Have a job that was submitted before belong to another experiment too."""
        self.post(self._joined, job, observer)

    def submitted_again(self, job: Job, mode: TransientMode) -> None:
        """Note that a job was submitted once more: the most conservative mode holds."""
        self.post(self._take_mode, job, mode)

    def preparations_of(self, task: Config, origins: Iterable[Node]) -> list[PrepareResource]:
        """Return what is to be prepared before a task; called in the plan's thread."""
        return self._preparations.required_by(task, origins)

    def removable(self, observer: JobObserver[Job]) -> list[Job]:
        """Return the jobs of an experiment whose folders are to be removed at its end."""
        return removable(observer)

    def watch_output(
        self, job: Job, observer: JobObserver[Job], method: Any, callback: Callable[[Any], Any]
    ) -> None:
        """Call back for each output of a job, which is run even if nothing else requires it."""
        self.post(self._watch_output, job, OutputWatch(observer, method, callback))

    def on_completed(
        self, job: Job, observer: JobObserver[Job], callback: Callable[[], Any]
    ) -> None:
        """Call back when a job is done."""
        self.post(self._callbacks.completed, job, observer, callback)

    def wait_for_all(self, observer: JobObserver[Job]) -> None:
        """Block until all that an experiment has submitted has ended.

        Raises:
            SchedulerError: a callback of the experiment would wait for itself.
        """
        if self._callbacks.is_own_thread():
            raise SchedulerError(
                f"{observer.plan.name}: a callback cannot wait for the experiment, which waits for "
                "it; wait for the tasks that you need (`task.wait()`)"
            )
        # What was asked for may still lie in the inbox.
        self.call(lambda: None)
        self.wait_until(observer.all_ended)

    def finish_archives(self) -> None:
        """Block until all that is to be archived so far has been."""
        archivers: list[Archiver] = []
        self.call(lambda: archivers.extend(self._archives.take()))
        for archiver in archivers:
            archiver.close()

    def wait_for(self, job: Job) -> None:
        """Block until a job has ended; it is run even if nothing else requires it."""
        self.post(self._requirements.require, job)
        self.wait_until(job_finished(job))

    def service_added(self, service: Any) -> None:
        """Note that a service was added to an experiment; called in this thread."""
        for listener in self._listeners:
            listener.on_service_added(service)

    # ---------------------------------------------------------------------- as an event loop

    def failed(self, error: Exception, arguments: tuple[Any, ...]) -> None:
        """Fail the job that a message is about, which has raised an error; all others go on."""
        # Messages of launchers are about a ticket.
        about = (getattr(argument, "key", argument) for argument in arguments)
        job = next((each for each in about if isinstance(each, Job)), None)
        if job is None or job.state.finished():
            _logger.error("%s", error)
        else:
            self._executor.give_up(job, error)

    def idle_until(self) -> float:
        return min((observer.next_flush() for observer in self._observers), default=math.inf)

    def after_messages(self) -> None:
        for observer in tuple(self._observers):
            observer.flush()

    # -------------------------------------------------------------------------- in this thread

    def _release(self, observer: JobObserver[Job]) -> None:
        """Forget the jobs of an experiment; those that run go on without this driver."""
        self._callbacks.forget(observer)
        observer.close()
        self._observers.remove(observer)
        for job in observer.jobs.values():
            job.observers = tuple(other for other in job.observers if other is not observer)
            if job.observers:
                continue
            self._executor.release(job)
            if self._jobs.get(_key(job)) is job:
                del self._jobs[_key(job)]

    def _submitted(self, job: Job, observer: JobObserver[Job]) -> None:
        if observer not in self._observers:
            return  # a callback has submitted it while the experiment was ending
        self._joined(job, observer)
        for listener in self._listeners:
            listener.on_job_submitted(job)
        if job.run_mode is RunMode.GENERATE_ONLY:
            self._requirements.generate(job)
        elif job.run_mode is RunMode.PREPARE:
            self._requirements.prepare_only(job)
        elif job.transient is TransientMode.NONE:
            self._requirements.require(job)

    def _joined(self, job: Job, observer: JobObserver[Job]) -> None:
        job.observers = (*job.observers, observer)
        observer.job_joined(job)

    def _watch_output(self, job: Job, watch: OutputWatch) -> None:
        self._callbacks.watch(job, watch)
        if job.run_mode is RunMode.NORMAL:
            self._requirements.require(job)

    def _take_mode(self, job: Job, mode: TransientMode) -> None:
        if mode < job.transient:
            job.transient = mode
        if job.transient is TransientMode.NONE and job.run_mode is RunMode.NORMAL:
            self._requirements.require(job)

    def move(self, node: Node, state: JobState) -> None:
        """Change a state, and do what follows from it; only in this thread."""
        self._apply(transitions.move(node, state))

    def _apply(self, changes: list[transitions.Change]) -> None:
        for node, old, new in changes:
            if isinstance(node, Job):
                self._job_changed(node, old, new)
        for node, _, new in changes:
            if new != JobState.READY:
                continue
            # By the inbox, not by a call: a chain of done jobs may be 100,000 long.
            if isinstance(node, Job):
                self.post(self._executor.start, node)
            elif isinstance(node, PrepareResource):
                self._preparations.run(node)

    def _job_changed(self, job: Job, old: JobState, new: JobState) -> None:
        if new.finished():
            job.endtime = time.time()
            self._executor.forget(job)  # it may have been given up while it waited
            self._callbacks.job_ended(job)
            if new == JobState.DONE:
                self._archives.job_done(job)
        for observer in job.observers:
            observer.job_changed(job, old, new)
        for listener in self._listeners:
            listener.on_job_state_changed(job)
        if new == JobState.ERROR and job.cause is None:
            for observer in job.observers:
                if observer.stops:
                    self._stop(observer, job)

    def _stop(self, observer: JobObserver[Job], cause: Job) -> None:
        """Stop an experiment, in which a job has failed: what has not begun will not."""
        if observer.stop_cause is None:
            observer.stop_cause = cause
            self.post(self._give_up_others, observer, cause)

    def _give_up_others(self, observer: JobObserver[Job], cause: Job) -> None:
        others = [job for job in tuple(observer.jobs.values()) if stop_cause(job) is not None]
        self._apply(transitions.stop(others, cause))


def job_finished(job: Job) -> Callable[[], bool]:
    """Return the condition that a job has ended."""
    return lambda: job.state.finished()


def _key(job: Job) -> tuple[str, str, str]:
    return (job.workspace.root, job.task_id, job.identifier)
