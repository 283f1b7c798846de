"""Experiments: the context in which a plan submits its tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from xpm_config import Config
from xpm_scheduler._actions.action import Action
from xpm_scheduler._display.counts import Counts
from xpm_scheduler._engine.scheduler import Scheduler
from xpm_scheduler._graph.nodes import Node
from xpm_scheduler._job_folder.command import preload_for_jobs
from xpm_scheduler._recording.git import DirtyGitAction
from xpm_scheduler._services.service import Service
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.open_plans import close_plan, open_plan, open_plans
from xpm_scheduler._tasks.prepare import PrepareResource
from xpm_scheduler._workspace.workspace import RunMode, Workspace
from xpm_scheduler.exceptions import FailedExperiment, GracefulExperimentExit
from xpm_scheduler.settings import WorkspaceSettings, find_workspace, get_settings

from .actions import ActionRegistry
from .checks import is_name, know_own_script, refuse_in_job, refuse_twice
from .companions import Companions
from .run import Run
from .saved_objects import SavedObjects
from .services import S, ServiceRegistry
from .signals import term_signal
from .submissions import take
from .tracker import Tracker

if TYPE_CHECKING:
    from xpm_launchers import CounterToken, Launcher

# Most plans import it beside their tasks.
preload_for_jobs(__name__)


class experiment:
    """Run the tasks that are submitted in a `with` block, and wait for them at its end.

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
            `quit` is called, or Ctrl+C.
        dirty_git: what to do when that code has changes that are not committed.
        on_failure: what a failure changes. `"continue"`: what needs the failed task is not
            started, the rest is run, and the block is left quietly. `"stop"`: nothing more is
            started; what runs already is waited for. `"raise"`: as `"continue"`, and leaving
            the block raises `FailedExperiment`.
        no_db: accepted for older plans; there is no database.
        no_environmental_impact: accepted for older plans; nothing is measured.

    Raises:
        NestedExperimentError: opened by a script that a job is loading.
        SubmissionError: this thread has it open already.
        WorkspaceError: the folder cannot be used.
        DirtyGitError: the code has changes, and `dirty_git` refuses that.
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
        if isinstance(env, WorkspaceSettings):
            workspace_settings = env
        else:
            workspace_settings = find_workspace(workdir=env)
        self.name = name
        self.host, self.port, self._web_token = host, port, token
        mode = RunMode(run_mode) if run_mode is not None else RunMode.NORMAL
        self.workspace = Workspace(get_settings(), workspace_settings, launcher, mode)
        self._on_failure = on_failure
        self._tracker = Tracker(self, stops=on_failure == "stop")
        self.jobs = self._tracker.jobs
        self._run = Run(name, self.workspace, self._tracker)
        self.run_tags = self._run.tags
        self._actions = ActionRegistry(self._tracker, self._run_folder)
        self._services = ServiceRegistry(self, self._tracker)
        self._saved = SavedObjects(name, self.workspace, self._run_folder)
        self._register_signals = register_signals
        self._signals_taken = False
        self._project_paths = [Path(path) for path in project_paths or ()]
        self._dirty_git = DirtyGitAction(dirty_git)
        self._companions = Companions(self, self._services, wait_for_quit=wait_for_quit)

    @staticmethod
    def current() -> experiment:
        """Return the experiment of this thread: the one opened last, or a callback's own.

        Raises:
            AssertionError: there is none.
        """
        plan = open_plans.current()
        assert isinstance(plan, experiment), "no experiment is open"
        return plan

    @property
    def run_mode(self) -> RunMode:
        """What is done with submitted tasks."""
        return self.workspace.run_mode

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler of this process."""
        return Scheduler.instance()

    @property
    def run_id(self) -> str:
        """The name of this run's folder; `dry-run` in a dry run, which has none."""
        return self._run.id

    @property
    def workdir(self) -> Path:
        """The folder of this run."""
        return self._run.folder

    def _run_folder(self) -> Path:
        return self._run.folder

    @property
    def resultspath(self) -> Path:
        """A folder for the results of this run, the user's own."""
        return self.workdir / "results"

    @property
    def counts(self) -> Counts:
        """How many jobs are in which state."""
        return self._tracker.counts

    @property
    def failed(self) -> bool:
        """Whether a task has failed, or could not be started because another one failed."""
        return self._tracker.failed

    @property
    def other_failures(self) -> list[str]:
        """The failures of preparations that were wanted for themselves, and of callbacks."""
        return self._tracker.other_failures

    def token(self, name: str, count: int) -> CounterToken:
        """Return a counter shared by all experiments of this user: so many units, never more.

        Args:
            name: its name.
            count: how many units there are.

        Returns:
            The counter; `token(2, task)` makes a task need two units while it runs.

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
        if self._run.recorded:
            self.scheduler.wait_for_all(self._tracker)

    # ----------------------------------------------------------------- entering and leaving

    def __enter__(self) -> experiment:
        refuse_in_job(self.name)
        refuse_twice(self.name, self.workspace.path, open_plans.of_this_thread())
        self._run.open(self.scheduler, self._project_paths, self._dirty_git)
        open_plan(self)
        experiment.CURRENT = self
        know_own_script()
        if self._register_signals:
            self._signals_taken = term_signal.take()
        if self._run.recorded:
            self._companions.start_monitor(self.host, self.port, self._web_token)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        try:
            if kind is None:
                self.wait()
                self._run.finish(self.scheduler)
                self._companions.stay()
        finally:
            try:
                self._companions.leave()
            finally:
                self._close()
        if kind is None and self.failed and self._on_failure == "raise":
            raise FailedExperiment(
                f"{self.name}: {self.counts.failed} tasks failed, and {self.counts.skipped} "
                "could not be started because of them"
            )
        return kind is not None and issubclass(kind, GracefulExperimentExit)

    def quit(self) -> None:
        """End what `wait_for_quit` waits for; may be called from any thread."""
        self._companions.quit()

    def _close(self) -> None:
        close_plan(self)
        # They may be left in another order than they were opened in.
        last = open_plans.last()
        experiment.CURRENT = last if isinstance(last, experiment) else None
        try:
            self._run.close(self.scheduler)
        finally:
            if self._signals_taken:
                term_signal.leave()

    # ------------------------------------------------------------ saved objects, actions, services

    def save(self, obj: Any, name: str = "default") -> None:
        """Keep configurations with this run, to be had again by `load`.

        Args:
            obj: a configuration, or any nesting of lists, tuples and dictionaries of them.
            name: under which they are kept; what was kept so before is replaced.

        Raises:
            ValueError: the name cannot be a folder's.
            SerializationError: they cannot be saved.
        """
        self._saved.save(obj, name)

    def load(self, name: str = "default", of: str | None = None) -> Any:
        """Return what was kept by `save`.

        Args:
            name: under which it was kept in this run.
            of: as second argument, a name in the newest run of another experiment, which the
                first one names then.

        Raises:
            FileNotFoundError: nothing was kept under this name.
        """
        return self._saved.load(name, of)

    @property
    def actions(self) -> dict[str, Action]:
        """The actions, by their identifiers."""
        return self._actions.all()

    def add_action(self, action: Action) -> str:
        """Register what can be done later by `experimaestro experiments actions run`.

        Args:
            action: the configuration of an action.

        Returns:
            Its identifier.

        Raises:
            TypeError: it is not such a configuration, or its class does not say what to do.
            ActionError: it cannot be stored; nothing is registered.
        """
        return self._actions.add(action)

    @property
    def services(self) -> dict[str, Service]:
        """The services, by their names."""
        return self._services.all()

    def add_service(self, service: S) -> S:
        """Let a service go along with the experiment, such as a viewer of its results.

        It is started by whoever asks for its URL first, and stopped with the experiment.

        Args:
            service: the service.

        Returns:
            The service; or the one that was added before, if it has the same class, name and
            `state_dict()`.

        Raises:
            TypeError: it is not a service, or its `state_dict()` cannot be stored.
            ValueError: its class has no `id`, or one that cannot name a folder.
        """
        return self._services.add(service)

    def service_log_folder(self, service_id: str) -> Path | None:
        """Return a new folder for the logs of a service; `None` in a dry run."""
        return self._services.log_folder(service_id)

    # ------------------------------------------------------- called when tasks are submitted

    def take(self, job: Job) -> Job:
        """Accept a job; return it, or the one of the same identifier that was submitted before."""
        return take(job, self.scheduler, self._tracker)

    def holds(self, job: Job) -> bool:
        """Return whether a job belongs to an experiment that is open."""
        return self.scheduler.holds(job)

    def preparations_of(self, task: Config, origins: Iterable[Node]) -> list[PrepareResource]:
        """Return what is to be prepared before a task is run."""
        return self.scheduler.preparations_of(task, origins)

    def watch_output(self, job: Job, method: Any, callback: Callable[[Any], Any]) -> None:
        """Call back for each output of a job, with what a method makes of it."""
        self.scheduler.watch_output(job, self._tracker, method, callback)

    def on_completed(self, job: Job, callback: Callable[[], Any]) -> None:
        """Call back when a job is done, in a thread of callbacks."""
        self.scheduler.on_completed(job, self._tracker, callback)
