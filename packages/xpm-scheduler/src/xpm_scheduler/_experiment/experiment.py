"""Experiments: the context in which a plan submits its tasks."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from xpm_os.locks import FileLock
from xpm_scheduler._engine.callbacks import Watch
from xpm_scheduler._engine.job_folder import remove
from xpm_scheduler._engine.scheduler import Scheduler
from xpm_scheduler._graph.nodes import Node
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._services.service import ServiceState
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.prepare import PrepareResource
from xpm_scheduler._workspace.runs import prune_history
from xpm_scheduler._workspace.workspace import RunMode, Workspace, current_plan, open_plans
from xpm_scheduler.exceptions import (
    FailedExperiment,
    GracefulExperimentExit,
    SubmissionError,
    WorkspaceError,
)
from xpm_scheduler.settings import WorkspaceSettings, find_workspace, get_settings

from .checks import (
    check_git,
    know_own_script,
    lock_runs,
    refuse_in_job,
    refuse_interactive,
    refuse_twice,
)
from .git import DirtyGitAction
from .progress_line import live_line
from .registries import Belongings, is_name
from .run_writer import RunRecords
from .signals import term_signal
from .summary import summary

if TYPE_CHECKING:
    from xpm_launchers import CounterToken, Launcher
    from xpm_scheduler._tasks.task import Task

    from .monitor import Monitor


class experiment(Belongings):
    """Run the tasks that are submitted in a ``with`` block, and wait for them at its end.

    >>> from xpm_config import Param
    >>> from xpm_scheduler import Task, experiment
    >>> class Sum(Task):
    ...     terms: Param[list[int]]
    ...     def execute(self):
    ...         print(sum(self.terms))
    >>> with experiment("workdir", "sums", run_mode="dry-run") as xp:  # without it, it is run
    ...     total = Sum.C(terms=[1, 2]).submit()
    >>> total.stdout().name, xp.failed
    ('sum.out', False)

    Args:
        env: the folder of the workspace, or its settings. A folder that the user's settings
            know has the settings that they give it.
        name: the name of the experiment; a folder of that name keeps its runs.
        host: where the web monitor listens.
        port: the web monitor's port; nothing is started when no monitor is installed.
        token: the web monitor's token.
        run_mode: what to do with the tasks; by default, run them.
        launcher: what runs them; by default, this machine.
        register_signals: whether SIGTERM ends the driver as Ctrl+C does (in the main thread).
        project_paths: folders of the plan's code, whose git state is recorded; by default, the
            folder of the program.
        wait_for_quit: once all tasks have ended, keep the web monitor and the services until
            :meth:`quit` is called, or Ctrl+C.
        dirty_git: what to do when that code has changes that are not committed.
        on_failure: what a failure changes. ``"continue"``: what needs the failed task is not
            started, the rest is run, and the block is left quietly. ``"stop"``: nothing more is
            started; what runs already is waited for. ``"raise"``: as ``"continue"``, and leaving
            the block raises ``FailedExperiment``.
        no_db: accepted for older plans; there is no database.
        no_environmental_impact: accepted for older plans; nothing is measured.

    Raises:
        NestedExperimentError: opened by a script that a job is loading.
        SubmissionError: this thread has it open already.
        WorkspaceError: the folder cannot be used.
        DirtyGitError: the code has changes, and ``dirty_git`` refuses that.
        ValueError: the name cannot be a folder's.
    """

    #: The experiment that was opened last of those that are open.
    CURRENT: ClassVar[experiment | None] = None

    def __init__(
        self,
        env: Path | str | WorkspaceSettings,
        name: str,
        *,
        host: str | None = None,
        port: int | None = None,
        token: str | None = None,
        run_mode: RunMode | str | None = None,
        launcher: Launcher | None = None,
        register_signals: bool = True,
        project_paths: Sequence[Path | str] | None = None,
        wait_for_quit: bool = False,
        dirty_git: DirtyGitAction | str = DirtyGitAction.WARN,
        on_failure: Literal["continue", "stop", "raise"] = "continue",
        no_db: bool = False,
        no_environmental_impact: bool = False,
    ) -> None:
        if not is_name(name):
            raise ValueError(
                f"experiment name {name!r}: expected a name that a folder can have "
                "(letters, digits, and any of . _ - + = @ ,)"
            )
        if on_failure not in ("continue", "stop", "raise"):
            raise ValueError(
                f"on_failure: expected 'continue', 'stop' or 'raise', got {on_failure!r}"
            )
        super().__init__()
        if isinstance(env, WorkspaceSettings):
            workspace_settings = env
        else:
            workspace_settings = find_workspace(workdir=env)
        self.name = name
        self.host, self.port, self._web_token = host, port, token
        mode = RunMode(run_mode) if run_mode is not None else RunMode.NORMAL
        self.workspace = Workspace(get_settings(), workspace_settings, launcher, mode)
        self.jobs: dict[tuple[str, str], Job] = {}
        #: The job whose failure has stopped the experiment, when it is to stop then.
        self.stop_cause: Job | None = None
        self._register_signals = register_signals
        self._signals_taken = False
        self._project_paths = [Path(path) for path in project_paths or ()]
        self._dirty_git = DirtyGitAction(dirty_git)
        self._on_failure = on_failure
        self._path = self.workspace.experimentspath / name
        self._lock = FileLock(self._path / "lock")
        self._started = 0.0
        self.thread = 0
        self._monitor: Monitor | None = None
        self._wait_for_quit = wait_for_quit
        self._quit = threading.Event()

    @staticmethod
    def current() -> experiment:
        """The experiment that this thread works for: the one opened last, or a callback's own.

        Raises:
            AssertionError: there is none.
        """
        plan = current_plan()
        assert plan is not None, "no experiment is open"
        return cast(experiment, plan)  # nothing else is a plan

    @property
    def run_mode(self) -> RunMode:
        """What is done with submitted tasks."""
        return self.workspace.run_mode

    @property
    def scheduler(self) -> Scheduler:  # type: ignore[override] # read alone
        """The scheduler of this process."""
        return Scheduler.instance()

    @property
    def run_id(self) -> str:  # type: ignore[override] # read alone
        """The name of this run's folder; ``dry-run`` in a dry run, which has none."""
        return "dry-run" if self._records is None else self._records.run_id

    @property
    def workdir(self) -> Path:  # type: ignore[override] # read alone
        """The folder of this run."""
        return self._path / self.run_id

    @property
    def resultspath(self) -> Path:
        """A folder for the results of this run, the user's own."""
        return self.workdir / "results"

    @property
    def failed(self) -> bool:
        """Whether a task has failed, or could not be started because another one failed."""
        counts = self.counts
        return counts.failed > 0 or counts.skipped > 0 or bool(self.other_failures)

    @property
    def stops(self) -> bool:
        """Whether nothing more is started once a task has failed."""
        return self._on_failure == "stop"

    def token(self, name: str, count: int) -> CounterToken:
        """A counter shared by all experiments of this user: so many units, never more.

        Args:
            name: its name.
            count: how many units there are.

        Returns:
            The counter; ``token(2, task)`` makes a task need two units while it runs.

        Raises:
            TypeError: the default launcher's connector has no counters.
        """
        connector: Any = self.workspace.connector
        if not hasattr(connector, "createtoken"):
            raise TypeError(f"{type(connector).__qualname__} has no tokens; use a CounterToken")
        token: CounterToken = connector.createtoken(name, count)
        return token

    def setenv(self, name: str, value: str) -> None:
        """Set an environment variable of the jobs started from here on.

        Args:
            name: the variable.
            value: its value.
        """
        self.workspace.env[name] = value

    def wait(self) -> None:
        """Wait until all that was submitted has ended, and what callbacks submit meanwhile.

        Raises:
            SchedulerError: called by a callback, which the experiment waits for.
        """
        if self._records is not None:
            self.scheduler.wait_for_all(self)

    # ----------------------------------------------------------------- entering and leaving

    def __enter__(self) -> experiment:
        refuse_in_job(self.name)
        refuse_twice(self.name, self._path, open_plans)
        self._started = time.monotonic()
        self.thread = threading.get_ident()
        if self.run_mode is not RunMode.DRY_RUN:
            self._open_records()
        open_plans.append(self)
        experiment.CURRENT = self
        know_own_script()
        if self._register_signals:
            self._signals_taken = term_signal.take()
        if self.port is not None and self._records is not None:
            from .monitor import start_monitor  # looks through all that is installed

            self._monitor = start_monitor(self, self.host, self.port, self._web_token)
        return self

    def _open_records(self) -> None:
        try:
            self._begin_run()
        except OSError as error:
            raise WorkspaceError(f"{self.name}: the run cannot be recorded: {error}") from None

    def _begin_run(self) -> None:
        projects = check_git(self.name, self._project_paths, self._dirty_git)
        self.workspace.create()
        self._path.mkdir(parents=True, exist_ok=True)
        lock_runs(self.name, self._lock)
        try:
            self._records = RunRecords(self._path, projects, self.run_tags)
            self.resultspath.mkdir()
        except BaseException:
            self._lock.release()
            raise
        self._live = live_line(self.name, self.counts)
        self.scheduler.attach(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        try:
            if kind is None:
                self.wait()
                self._status = "failed" if self.failed else "done"
                self._remove_transient()
                if self._records is not None:
                    self.scheduler.finish_archives()
                self._stay()
        finally:
            self._leave()
        if kind is None and self.failed and self._on_failure == "raise":
            raise FailedExperiment(
                f"{self.name}: {self.counts.failed} tasks failed, and {self.counts.skipped} "
                "could not be started because of them"
            )
        return kind is not None and issubclass(kind, GracefulExperimentExit)

    def _remove_transient(self) -> None:
        """Remove the folders of tasks that only others needed, which are done."""
        if self._records is None or self.run_mode is not RunMode.NORMAL:
            return
        for job in self.scheduler.removable(self):
            try:
                remove(job.folder)
            except OSError as error:
                print(f"{self.name}: {job.path} cannot be removed: {error}", file=sys.stderr)

    def quit(self) -> None:
        """End what ``wait_for_quit`` waits for; may be called from any thread."""
        self._quit.set()

    def _stay(self) -> None:
        """Wait until nobody looks any more, if that is wanted and there is something to see."""
        running = [one for one in self.services.values() if one.state is ServiceState.RUNNING]
        if not self._wait_for_quit or not (running or self._monitor is not None):
            return
        print(f"{self.name}: all tasks have ended; press Ctrl+C to leave", file=sys.stderr)
        with contextlib.suppress(KeyboardInterrupt):
            self._quit.wait()

    def _leave(self) -> None:
        try:
            self._stop_services()
            if self._monitor is not None:
                from .monitor import stop_monitor

                stop_monitor(self, self._monitor)
        finally:
            self._close()

    def _close(self) -> None:
        open_plans.remove(self)
        # They may be left in another order than they were opened in.
        experiment.CURRENT = cast("experiment | None", open_plans[-1] if open_plans else None)
        try:
            if self._records is not None:
                self._close_run()
        finally:
            self._lock.release()
            if self._signals_taken:
                term_signal.leave()

    def _close_run(self) -> None:
        self.scheduler.detach(self)
        seconds = time.monotonic() - self._started
        print(summary(self.name, self.jobs.values(), self.counts, seconds), file=sys.stderr)
        for text in self.other_failures:
            print(f"  failed: {text}", file=sys.stderr)
        running = self.counts.running
        if running:
            print(
                f"{self.name}: {running} {'task goes' if running == 1 else 'tasks go'} on "
                "without this process; "
                "run the experiment again to take over",
                file=sys.stderr,
            )
        prune_history(self._path, self.workspace.workspace_settings.history, self._status)

    # ------------------------------------------------------- called when tasks are submitted

    def take(self, job: Job) -> Job:
        """Accept a job, in the plan's thread.

        Returns:
            The job, or the one of the same identifier that is known already.
        """
        if not self.scheduler.runs(self):
            raise SubmissionError(
                f"the experiment {self.name} has ended: {job.label} came too late"
            )
        refuse_interactive(job.config)
        key = (job.task_id, job.identifier)
        known = self.jobs.get(key)
        if known is not None and known.state != JobState.ERROR:
            self.scheduler.submitted_again(known, job.transient)
            return known
        shared = self.scheduler.find(job)
        if known is None and shared is not None:
            self.jobs[key] = shared
            self.scheduler.join(shared, self)
            self.scheduler.submitted_again(shared, job.transient)
            return shared
        if known is not None:
            # It failed in this run and is tried again: it must not count twice.
            self.scheduler.call(lambda: self.job_forgotten(known))
        self.jobs[key] = job
        self.scheduler.submit(job, self)
        return job

    def holds(self, job: Job) -> bool:
        """Whether a job belongs to an experiment that is open, in the plan's thread."""
        return self.scheduler.holds(job)

    def preparations_of(self, task: Task, origins: Iterable[Node]) -> list[PrepareResource]:
        """What is to be prepared before a task is run, in the plan's thread."""
        return self.scheduler.preparations.needed_by(task, origins)

    def watch_output(self, job: Job, method: Any, callback: Callable[[Any], Any]) -> None:
        """Call back for each output of a job, with what a method makes of it.

        Args:
            job: the job.
            method: a method of a configuration that the job's task holds.
            callback: called with what the method returns, in a thread of callbacks.
        """
        self.scheduler.watch_output(job, Watch(self, method, callback))

    def on_completed(self, job: Job, callback: Callable[[], Any]) -> None:
        """Call back when a job is done, in a thread of callbacks."""
        self.scheduler.on_completed(job, self, callback)
