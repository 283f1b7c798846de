"""A job: a task with a folder, on its way from submission to its end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._layout import JobFolder, task_name
from ._states import JobFailureStatus, JobState, JobStateError
from ._workspace import RunMode, Workspace

if TYPE_CHECKING:
    from xpm_launchers import Launcher

    from ._experiment import experiment
    from ._scheduler import Scheduler
    from ._task import Task


class JobDependency:
    """That a job needs another one to be done.

    Attributes:
        origin: the job that is needed.
        target: the job that needs it.
    """

    __slots__ = ("origin", "target")

    def __init__(self, origin: Job, target: Job) -> None:
        self.origin = origin
        self.target = target


class Job:
    """One task in a workspace; there is one object for each identifier and workspace.

    A record: it changes only in the scheduler's thread, by the table of ``_states``. Kept
    small, since a plan may have 100,000 of them.

    Args:
        config: the sealed task.
        workspace: where it is run.
        launcher: what runs it; ``None`` for the workspace's.
        run_mode: what to do with it.
        origins: the jobs that it needs.
    """

    __slots__ = (
        "__weakref__",
        "_launcher",
        "blame",
        "config",
        "dependents",
        "endtime",
        "env",
        "experiments",
        "found_done",
        "identifier",
        "lock",
        "message",
        "origins",
        "pending",
        "run_mode",
        "scheduler",
        "starttime",
        "state",
        "tags",
        "task_id",
        "ticket",
        "token",
        "workspace",
    )

    def __init__(
        self,
        config: Task,
        *,
        workspace: Workspace,
        launcher: Launcher | None = None,
        run_mode: RunMode = RunMode.NORMAL,
        origins: tuple[Job, ...] = (),
    ) -> None:
        self.config = config
        self.workspace = workspace
        self._launcher = launcher
        self.run_mode = run_mode
        self.task_id: str = config.__xpm__.xpmtype.identifier
        self.identifier = str(config.__xpm__.identifier)
        self.tags: dict[str, Any] = config.__xpm__.tags()
        self.env: dict[str, str] | None = None
        #: What the scheduler knows (read anywhere, written in its thread alone).
        self.state: JobState = JobState.UNSCHEDULED
        self.origins = origins
        self.dependents: list[Job] | None = None
        self.pending = 0
        self.blame: Job | None = None
        self.message = ""
        self.found_done = False
        self.experiments: tuple[experiment, ...] = ()
        self.scheduler: Scheduler | None = None
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
    def folder(self) -> JobFolder:
        """The paths of the job's folder."""
        path = self.workspace.job_path(self.task_id, self.identifier)
        return JobFolder(path, task_name(self.task_id))

    @property
    def scheduler_state(self) -> JobState:
        """The state, as the scheduler sees it."""
        return self.state

    @property
    def dependencies(self) -> list[JobDependency]:
        """The jobs that must be done before."""
        return [JobDependency(origin, self) for origin in self.origins]

    @property
    def name(self) -> str:
        """The short name of the task."""
        return task_name(self.task_id)

    scriptname = name

    @property
    def locator(self) -> str:
        """``<task id>/<identifier>``."""
        return f"{self.task_id}/{self.identifier}"

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
        """Environment variables set for this job alone."""
        if self.env is None:
            self.env = {}
        return self.env

    def full_environ(self) -> dict[str, str]:
        """The environment of the job's process: this process's, overlaid by what is set for
        the workspace, then the launcher, then the job."""
        return {
            **os.environ,
            **self.workspace.env,
            **self.launcher.environ,
            **(self.env or {}),
        }

    def fail(self, reason: JobFailureStatus, message: str) -> JobStateError:
        """Remember why the job fails, and return the state to move to."""
        self.message = message
        return JobStateError(reason)

    def wait(self) -> bool:
        """Wait for the end of the job.

        Returns:
            Whether the task has succeeded.
        """
        if self.scheduler is not None:
            self.scheduler.wait_for(self)
        return self.state == JobState.DONE

    def finalState(self) -> JobState:
        """Wait for the end of the job, and return its state."""
        self.wait()
        return self.state

    def __repr__(self) -> str:
        return f"Job({self.locator}, {self.state!r})"
