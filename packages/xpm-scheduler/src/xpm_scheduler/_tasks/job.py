"""Jobs: tasks with a folder, on their way from submission to their end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_scheduler._graph.nodes import JobDependency, Node, TransientMode
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._workspace.attempts import executions
from xpm_scheduler._workspace.layout import JobFolder, task_name
from xpm_scheduler._workspace.workspace import RunMode, Workspace
from xpm_scheduler.taskglobals import RANK_VARIABLES

if TYPE_CHECKING:
    from xpm_launchers import Launcher, TokenDependency
    from xpm_scheduler._events.progress import LevelInformation
    from xpm_serialize import LightweightTask

    from .interfaces import Engine, JobObserver, Plan


class JobOptions(NamedTuple):
    """What can be asked for one submission; see `Task.submit`."""

    max_retries: int | None = None
    transient: TransientMode | None = None
    backup: bool | None = None


class Job(Node):
    """One task in a workspace; there is one object for each identifier and workspace.

    Kept small, since a plan may have 100,000 of them.

    Args:
        config: the sealed task.
        workspace: where it is run.
        launcher: what runs it; `None` for the workspace's.
        run_mode: what to do with it.
        origins: what must be done before: jobs, and preparations.
        tokens: the units that it holds while it runs.
        partials: the partial folders that it alone uses while it runs.
        max_retries: how often it is executed in all, at most, when it is resumable; `None`
            for the number of the workspace.
        transient: whether it is run only if something requires it.
        backup: whether it may be archived in the workspace's auxiliary folders.
    """

    __slots__ = (
        "_launcher",
        "_max_retries",
        "backup",
        "config",
        "endtime",
        "env",
        "found_done",
        "identifier",
        "lock",
        "observers",
        "partials",
        "run_mode",
        "scheduler",
        "starttime",
        "tags",
        "task_id",
        "ticket",
        "token",
        "tokens",
        "transient",
        "workspace",
    )

    def __init__(
        self,
        config: LightweightTask,
        *,
        workspace: Workspace,
        launcher: Launcher | None = None,
        run_mode: RunMode = RunMode.NORMAL,
        origins: tuple[Node, ...] = (),
        tokens: tuple[TokenDependency, ...] = (),
        partials: tuple[str, ...] = (),
        max_retries: int | None = None,
        transient: TransientMode = TransientMode.NONE,
        backup: bool | None = None,
    ) -> None:
        super().__init__(origins)
        self.config = config
        self.workspace = workspace
        self._launcher = launcher
        self.run_mode = run_mode
        self.tokens = tokens
        self.partials = partials
        self._max_retries = max_retries
        self.transient = transient
        self.backup = backup is not False
        self.task_id: str = config.__xpm__.xpmtype.identifier
        self.identifier = str(config.__xpm__.identifier)
        self.tags: dict[str, Any] = config.__xpm__.tags()
        self.env: dict[str, str] | None = None
        #: What the scheduler knows (read anywhere, written in its thread alone).
        self.found_done = False
        self.observers: tuple[JobObserver[Job], ...] = ()
        self.scheduler: Engine[Job] | None = None
        #: What belongs to the attempt being made.
        self.ticket: Any = None
        self.lock: Any = None
        self.token: str | None = None
        self.starttime: float | None = None
        self.endtime: float | None = None

    @property
    def launcher(self) -> Launcher:
        """What runs the job."""
        return self._launcher or self.workspace.launcher

    @property
    def given_launcher(self) -> Launcher | None:
        """The launcher that was named for the job or its workspace; no default is made."""
        return self._launcher or self.workspace.given_launcher

    @property
    def folder(self) -> JobFolder:
        """The paths of the job's folder."""
        path = self.workspace.job_path(self.task_id, self.identifier)
        return JobFolder(path, task_name(self.task_id))

    @property
    def scheduler_state(self) -> JobState:
        """The state, as the scheduler knows it."""
        return self.state

    @property
    def experiments(self) -> tuple[Plan[Job], ...]:
        """The open experiments that it belongs to."""
        return tuple(observer.plan for observer in self.observers)

    @property
    def dependencies(self) -> list[JobDependency]:
        """What must be done before."""
        return [origin.required_by(self) for origin in self.origins]

    @property
    def deferred(self) -> bool:
        """Whether the job is run only if something requires it, and nothing does so far."""
        transient = self.transient is not TransientMode.NONE
        return transient and not self.required and self.run_mode is RunMode.NORMAL

    def again(self, origins: tuple[Node, ...], options: JobOptions | None) -> Job:
        """Return a new job for the same task, to be run as this one was to be.

        Args:
            origins: what must be done before.
            options: what is asked for now, where it differs.

        Returns:
            A job that was not submitted yet.
        """
        changes = options or JobOptions()
        job = Job(
            self.config,
            workspace=self.workspace,
            launcher=self._launcher,
            run_mode=self.run_mode,
            origins=origins,
            tokens=self.tokens,
            partials=self.partials,
            max_retries=self._max_retries if changes.max_retries is None else changes.max_retries,
            transient=self.transient if changes.transient is None else changes.transient,
            backup=self.backup if changes.backup is None else changes.backup,
        )
        job.env = self.env
        return job

    def add_dependencies(self, *tokens: TokenDependency) -> None:
        """Make the job hold units of counters while it runs; before it is submitted.

        It is for launchers and hooks: a task is given its own (`token(1, task)`).
        """
        self.tokens = (*self.tokens, *tokens)

    @property
    def resumable(self) -> bool:
        """Whether the job keeps its folder when it is run again."""
        return bool(getattr(type(self.config), "__xpm_resumable__", False))

    @property
    def max_retries(self) -> int:
        """How often a resumable job is executed in all, at most."""
        if self._max_retries is not None:
            return self._max_retries
        return self.workspace.workspace_settings.max_retries

    @property
    def retry_count(self) -> int:
        """How often a resumable job was executed, by whatever driver; from its folder."""
        return executions(self.folder) if self.resumable else 0

    @property
    def progress(self) -> list[LevelInformation]:
        """How far the job has come, the task's own level first; from its folder."""
        # A driver asks for it seldom or never.
        from xpm_scheduler._events.progress import read_progress

        return read_progress(self.folder)

    @property
    def name(self) -> str:
        """The short name of the task."""
        return task_name(self.task_id)

    scriptname = name

    @property
    def locator(self) -> str:
        """`<task id>/<identifier>`."""
        return f"{self.task_id}/{self.identifier}"

    @property
    def label(self) -> str:
        """The short name, the start of the identifier, and the tags."""
        tags = " ".join(f"{key}={value}" for key, value in sorted(self.tags.items()))
        return f"{self.name} {self.identifier[:8]}" + (f" ({tags})" if tags else "")

    @property
    def path(self) -> Path:
        """The job's folder."""
        return Path(self.folder.path)

    jobpath = path

    @property
    def stdout(self) -> Path:
        """Where the standard output goes."""
        return Path(self.folder.stdout)

    @property
    def stderr(self) -> Path:
        """Where the standard error goes."""
        return Path(self.folder.stderr)

    @property
    def donepath(self) -> Path:
        """The marker of success."""
        return Path(self.folder.done)

    @property
    def failedpath(self) -> Path:
        """The marker of failure."""
        return Path(self.folder.failed)

    @property
    def pidpath(self) -> Path:
        """The claim of the running process."""
        return Path(self.folder.pid)

    @property
    def lockpath(self) -> Path:
        """The lock between processes."""
        return Path(self.folder.lock)

    @property
    def environ(self) -> dict[str, str]:
        """Environment variables set for this job alone; change them in a submit hook."""
        if self.env is None:
            self.env = {}
        return self.env

    def full_environ(self) -> dict[str, str]:
        """Return the environment of the job's process.

        It is this process's, overlaid by what is set for the workspace, then the launcher, then
        the job.
        """
        return {
            **{k: v for k, v in os.environ.items() if k not in RANK_VARIABLES},
            **self.workspace.env,
            **self.launcher.environ,
            **(self.env or {}),
        }

    def wait(self) -> bool:
        """Wait for the end of the job.

        Returns:
            Whether the task has succeeded.

        Raises:
            SchedulerError: the scheduler has stopped because of an error of its own.
        """
        if self.scheduler is not None:
            self.scheduler.wait_for(self)
        return self.state == JobState.DONE

    def finalState(self) -> JobState:
        """Wait for the end of the job, and return its state."""
        self.wait()
        return self.state
