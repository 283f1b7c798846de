"""Tasks, jobs, experiments and workspaces: every task runs once.

The public names are loaded when they are first used, so that a job's process, which needs
few of them, starts at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_serialize import LightweightTask as LightweightTask

    from ._action import Action as Action
    from ._cache import cache as cache
    from ._experiment import experiment as experiment
    from ._git import DirtyGitAction as DirtyGitAction
    from ._interaction import CLIInteraction as CLIInteraction
    from ._interaction import Interaction as Interaction
    from ._job import Job as Job
    from ._job_context import STDERR as STDERR
    from ._job_context import STDOUT as STDOUT
    from ._job_context import JobContext as JobContext
    from ._node import JobDependency as JobDependency
    from ._node import TransientMode as TransientMode
    from ._notifications import LevelInformation as LevelInformation
    from ._notifications import progress as progress
    from ._notifications import tqdm as tqdm
    from ._prepare import Prepare as Prepare
    from ._prepare import PrepareDependency as PrepareDependency
    from ._prepare import PrepareResource as PrepareResource
    from ._scheduler import Listener as Listener
    from ._scheduler import Scheduler as Scheduler
    from ._states import JobFailureStatus as JobFailureStatus
    from ._states import JobState as JobState
    from ._states import JobStateError as JobStateError
    from ._task import DependentMarker as DependentMarker
    from ._task import ResumableTask as ResumableTask
    from ._task import Task as Task
    from ._workspace import RunMode as RunMode
    from ._workspace import Workspace as Workspace
    from ._workspace import set_launcher as set_launcher
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
    "_action": ("Action",),
    "_cache": ("cache",),
    "_experiment": ("experiment",),
    "_git": ("DirtyGitAction",),
    "_interaction": ("CLIInteraction", "Interaction"),
    "_job": ("Job",),
    "_node": ("JobDependency", "TransientMode"),
    "_notifications": ("LevelInformation", "progress", "tqdm"),
    "_prepare": ("Prepare", "PrepareDependency", "PrepareResource"),
    "_scheduler": ("Listener", "Scheduler"),
    "_states": ("JobFailureStatus", "JobState", "JobStateError"),
    "_job_context": ("STDERR", "STDOUT", "JobContext"),
    "_task": ("DependentMarker", "LightweightTask", "ResumableTask", "Task"),
    "_workspace": ("RunMode", "Workspace", "set_launcher"),
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
