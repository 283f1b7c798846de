"""Workspaces: a folder with jobs and experiments, and how plans run in it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from xpm_os.files import write_atomic
from xpm_scheduler.exceptions import SettingsError, WorkspaceError

from .housekeeping import remove_old_runs
from .layout import MARKER, job_path
from .opened import OpenStack

if TYPE_CHECKING:
    from xpm_launchers import Connector, Launcher
    from xpm_scheduler._settings.model import FolderSettings, Settings, WorkspaceSettings


class RunMode(Enum):
    """What to do with submitted tasks."""

    #: Do not run, and write nothing: print what would run.
    DRY_RUN = "dry-run"
    #: Do not run, but write the job folders.
    GENERATE_ONLY = "generate"
    #: Run.
    NORMAL = "normal"
    #: Run only the preparations.
    PREPARE = "prepare"

    @classmethod
    def _missing_(cls, value: object) -> RunMode | None:
        """Accept names and values in any case, with `-` or `_`."""
        if isinstance(value, str):
            wanted = value.lower().replace("_", "-")
            for mode in cls:
                if wanted in (mode.value, mode.name.lower().replace("_", "-")):
                    return mode
        names = ", ".join(mode.value for mode in cls)
        raise ValueError(f"run_mode: expected one of {names}, got {value!r}")


class Workspace:
    """A folder in which jobs are run and experiments recorded.

    Args:
        settings: the user's settings.
        workspace_settings: the settings of this workspace, its path among them.
        launcher: runs the tasks that name no launcher; by default, this machine.
        run_mode: what to do with submitted tasks.
    """

    _default_launcher: ClassVar[Launcher | None] = None

    def __init__(
        self,
        settings: Settings,
        workspace_settings: WorkspaceSettings,
        launcher: Launcher | None = None,
        run_mode: RunMode | None = None,
    ) -> None:
        self.settings = settings
        self.workspace_settings = workspace_settings
        self.path = Path(os.path.abspath(workspace_settings.path.expanduser()))
        self.root = str(self.path)
        self.run_mode = run_mode or RunMode.NORMAL
        self.env: dict[str, str] = {**settings.env, **workspace_settings.env}
        self._launcher = launcher
        self._scheduler_run: str | None = None

    @property
    def id(self) -> str:
        """The name of the workspace in the settings; empty when it has none."""
        return self.workspace_settings.id

    @property
    def launcher(self) -> Launcher:
        """The launcher of tasks that name none."""
        if self._launcher is None:
            self._launcher = Workspace._default_launcher or _local_launcher()
        return self._launcher

    @launcher.setter
    def launcher(self, launcher: Launcher) -> None:
        self._launcher = launcher

    @property
    def given_launcher(self) -> Launcher | None:
        """The launcher of tasks that name none, if one was set."""
        return self._launcher or Workspace._default_launcher

    @classmethod
    def set_launcher(cls, launcher: Launcher | None) -> None:
        """Set the launcher of tasks that name none.

        In an experiment, for what it starts from here on; outside, for all experiments
        to come.

        Args:
            launcher: the launcher; `None`, outside any experiment, for this machine.
        """
        workspace = open_workspaces.current()
        if workspace is not None and launcher is not None:
            workspace.launcher = launcher
        else:
            Workspace._default_launcher = launcher

    @property
    def connector(self) -> Connector:
        """The connector of the default launcher."""
        return self.launcher.connector

    @property
    def jobspath(self) -> Path:
        """Folder of the jobs."""
        return self.path / "jobs"

    @property
    def partialspath(self) -> Path:
        """Folder of what tasks with the same partial identifier share."""
        return self.path / "partials"

    @property
    def experimentspath(self) -> Path:
        """Folder of the experiments."""
        return self.path / "experiments"

    @property
    def configcachepath(self) -> Path:
        """Folder of what `@cache` keeps."""
        return self.path / "config"

    @property
    def schedulerpath(self) -> Path:
        """Folder of the scheduler's own files."""
        return self.path / ".scheduler"

    @property
    def scheduler_run_path(self) -> Path:
        """Folder of what this process's scheduler writes; not made before it writes something."""
        if self._scheduler_run is None:
            self._scheduler_run = time.strftime("%Y%m%d_%H%M%S")
        return self.schedulerpath / self._scheduler_run

    @property
    def scheduler_services_path(self) -> Path:
        """Folder of the logs of services."""
        return self.scheduler_run_path / "services"

    @property
    def scheduler_lock_path(self) -> Path:
        """The lock that the users of the scheduler's folder of this run hold."""
        return self.scheduler_run_path / ".lock"

    @property
    def folders(self) -> list[FolderSettings]:
        """The auxiliary folders, in the order in which they are looked at.

        The workspaces that the deprecated `alt_workspaces` names come first, to be used.

        Raises:
            SettingsError: it names one that there is not.
        """
        names = self.workspace_settings.alt_workspaces
        if not names:
            return self.workspace_settings.folders
        # A job's process needs no settings, and does not pay for their records.
        from xpm_scheduler._settings.model import FolderMode, FolderSettings

        paths = {known.id: known.path for known in self.settings.workspaces}
        for name in names:
            if name not in paths:
                raise SettingsError(
                    f"alt_workspaces of the workspace {self.id!r}: no workspace is named {name!r}"
                )
        used = [FolderSettings(paths[name], FolderMode.USE) for name in names]
        return used + self.workspace_settings.folders

    @property
    def alt_jobspaths(self) -> Iterator[Path]:
        """The folders of jobs of all auxiliary folders."""
        return (folder.jobspath for folder in self.folders)

    def cleanup_old_scheduler_runs(
        self, retention_days: int = 15, force: bool = False
    ) -> tuple[int, int]:
        """Remove what schedulers of the past have written; those still in use stay.

        Args:
            retention_days: how long what was written last is kept, in days.
            force: whether to look though somebody has looked within the last day.

        Returns:
            The number of folders removed, and of those that could not be.
        """
        return remove_old_runs(self.schedulerpath, retention_days, force=force)

    def job_path(self, task_id: str, identifier: str) -> str:
        """Return the folder of a job.

        Args:
            task_id: the identifier of the task's class, in lower case.
            identifier: that of the task, as text.
        """
        return job_path(self.root, task_id, identifier)

    def create(self) -> None:
        """Make the folder and mark it as a workspace, unless it is there already.

        Raises:
            WorkspaceError: it cannot be made or written to.
        """
        marker = self.path / MARKER
        if marker.exists():
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_atomic(marker, "")
        except OSError as error:
            raise WorkspaceError(
                f"the workspace {self.path} cannot be used: {error.strerror} ({error.filename})"
            ) from error


#: The workspaces of the experiments that are open in this process, the innermost last.
open_workspaces: OpenStack[Workspace] = OpenStack()


def _local_launcher() -> Launcher:
    # Loaded when something has to be run: replaying a finished plan needs no launcher.
    from xpm_launchers import DirectLauncher, LocalConnector

    return DirectLauncher(LocalConnector.instance())


def set_launcher(launcher: Launcher | None) -> None:
    """Set the launcher of tasks that name none; see `Workspace.set_launcher`.

    Args:
        launcher: the launcher; `None`, outside any experiment, for this machine.
    """
    Workspace.set_launcher(launcher)
