"""The paths that are generated for a task."""

from __future__ import annotations

from pathlib import Path

from xpm_config import Config, ConfigWalkContext, Partial
from xpm_scheduler._workspace.layout import task_name
from xpm_scheduler._workspace.workspace import Workspace


class JobContext(ConfigWalkContext):
    """The place of the generated paths of a task: the folder of its job.

    It is worked out only if a path is generated, since it depends on the identifier.
    """

    __slots__ = ("_task", "_workspace", "partials")

    def __init__(self, task: Config, workspace: Workspace) -> None:
        super().__init__()
        #: The partial folders that were asked for.
        self.partials: dict[str, None] = {}
        self._task = task
        self._workspace = workspace

    @property
    def task(self) -> Config:
        """The task that owns the paths."""
        return self._task

    @property
    def path(self) -> Path:
        """The folder of the job."""
        xpm = self._task.__xpm__
        task_id = xpm.xpmtype.identifier
        return Path(self._workspace.job_path(task_id, str(xpm.identifier)))

    def partial_path(self, partial: Partial, config: Config) -> Path:
        """Return the folder shared by tasks with the same partial identifier."""
        root = self._workspace.partialspath
        xpm = config.__xpm__
        # A partial that is not an attribute of a class has no name.
        name = partial.name or "partial"
        identifier = str(xpm.get_partial_identifier(partial))
        path = root / xpm.xpmtype.identifier / name / identifier
        self.partials[str(path)] = None
        return path


def STDOUT(context: ConfigWalkContext, config: Config) -> Path:
    """Return where the standard output of a task goes: `PathGenerator(STDOUT)`."""
    return _log(context, "out")


def STDERR(context: ConfigWalkContext, config: Config) -> Path:
    """Return where the standard error of a task goes: `PathGenerator(STDERR)`."""
    return _log(context, "err")


def _log(context: ConfigWalkContext, suffix: str) -> Path:
    return context.path / f"{task_name(context.task.__xpm__.xpmtype.identifier)}.{suffix}"
