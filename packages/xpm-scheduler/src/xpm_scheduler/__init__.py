"""Tasks, jobs, experiments and workspaces: every task runs once.

The public names are loaded when they are first used, so that a job's process, which needs
few of them, starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_serialize import LightweightTask as LightweightTask

    from ._actions.action import Action as Action
    from ._actions.interaction import CLIInteraction as CLIInteraction
    from ._actions.interaction import Interaction as Interaction
    from ._engine.listener import Listener as Listener
    from ._engine.scheduler import Scheduler as Scheduler
    from ._events.progress import LevelInformation as LevelInformation
    from ._experiment.experiment import experiment as experiment
    from ._graph.nodes import JobDependency as JobDependency
    from ._graph.nodes import TransientMode as TransientMode
    from ._graph.states import JobFailureStatus as JobFailureStatus
    from ._graph.states import JobState as JobState
    from ._graph.states import JobStateError as JobStateError
    from ._recording.git import DirtyGitAction as DirtyGitAction
    from ._runner.progress import progress as progress
    from ._runner.progress import tqdm as tqdm
    from ._tasks.cache import cache as cache
    from ._tasks.context import STDERR as STDERR
    from ._tasks.context import STDOUT as STDOUT
    from ._tasks.context import JobContext as JobContext
    from ._tasks.job import Job as Job
    from ._tasks.prepare import Prepare as Prepare
    from ._tasks.prepare import PrepareDependency as PrepareDependency
    from ._tasks.prepare import PrepareResource as PrepareResource
    from ._tasks.task import DependentMarker as DependentMarker
    from ._tasks.task import ResumableTask as ResumableTask
    from ._tasks.task import Task as Task
    from ._workspace.workspace import RunMode as RunMode
    from ._workspace.workspace import Workspace as Workspace
    from ._workspace.workspace import set_launcher as set_launcher
    from .exceptions import ActionError as ActionError
    from .exceptions import CacheError as CacheError
    from .exceptions import DirtyGitError as DirtyGitError
    from .exceptions import FailedExperiment as FailedExperiment
    from .exceptions import GracefulExperimentExit as GracefulExperimentExit
    from .exceptions import GracefulTimeout as GracefulTimeout
    from .exceptions import SchedulerError as SchedulerError
    from .exceptions import SettingsError as SettingsError
    from .exceptions import SubmissionError as SubmissionError
    from .exceptions import TaskCancelled as TaskCancelled
    from .exceptions import WorkspaceError as WorkspaceError
    from .settings import FolderMode as FolderMode
    from .settings import FolderSettings as FolderSettings
    from .settings import HistorySettings as HistorySettings
    from .settings import Settings as Settings
    from .settings import WorkspaceSettings as WorkspaceSettings

__all__ = [
    # Tasks
    "DependentMarker",
    "LightweightTask",
    "STDERR",
    "STDOUT",
    "ResumableTask",
    "Task",
    "cache",
    # Plans
    "Action",
    "CLIInteraction",
    "DirtyGitAction",
    "Interaction",
    "JobContext",
    "Prepare",
    "PrepareDependency",
    "PrepareResource",
    "RunMode",
    "TransientMode",
    "Workspace",
    "experiment",
    "set_launcher",
    # Jobs
    "Job",
    "JobDependency",
    "JobFailureStatus",
    "JobState",
    "JobStateError",
    "Listener",
    "Scheduler",
    # Inside a task
    "LevelInformation",
    "progress",
    "tqdm",
    # Settings
    "FolderMode",
    "FolderSettings",
    "HistorySettings",
    "Settings",
    "WorkspaceSettings",
    # Errors
    "ActionError",
    "CacheError",
    "DirtyGitError",
    "FailedExperiment",
    "GracefulExperimentExit",
    "GracefulTimeout",
    "SchedulerError",
    "SettingsError",
    "SubmissionError",
    "TaskCancelled",
    "WorkspaceError",
]

_HOMES = {
    "_actions.action": ("Action",),
    "_tasks.cache": ("cache",),
    "_experiment.experiment": ("experiment",),
    "_recording.git": ("DirtyGitAction",),
    "_actions.interaction": ("CLIInteraction", "Interaction"),
    "_tasks.job": ("Job",),
    "_graph.nodes": ("JobDependency", "TransientMode"),
    "_runner.progress": ("progress", "tqdm"),
    "_events.progress": ("LevelInformation",),
    "_tasks.prepare": ("Prepare", "PrepareDependency", "PrepareResource"),
    "_engine.listener": ("Listener",),
    "_engine.scheduler": ("Scheduler",),
    "_graph.states": ("JobFailureStatus", "JobState", "JobStateError"),
    "_tasks.context": ("STDERR", "STDOUT", "JobContext"),
    "_tasks.task": ("DependentMarker", "LightweightTask", "ResumableTask", "Task"),
    "_workspace.workspace": ("RunMode", "Workspace", "set_launcher"),
    "exceptions": (
        "ActionError",
        "CacheError",
        "DirtyGitError",
        "FailedExperiment",
        "GracefulExperimentExit",
        "GracefulTimeout",
        "SchedulerError",
        "SettingsError",
        "SubmissionError",
        "TaskCancelled",
        "WorkspaceError",
    ),
    "settings": (
        "FolderMode",
        "FolderSettings",
        "HistorySettings",
        "Settings",
        "WorkspaceSettings",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
