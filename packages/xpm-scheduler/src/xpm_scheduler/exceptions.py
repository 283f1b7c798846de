"""What can go wrong when tasks are scheduled and run.

::

    SchedulerError
    ├── WorkspaceError          a folder or file of the workspace cannot be used
    │   └── CorruptFileError    a file is there but does not say what it should
    ├── SettingsError           the settings file cannot be understood
    ├── CacheError              what a cached method finds cannot be kept
    ├── ActionError             an action cannot be stored, or asks for what it gets no answer to
    ├── SubmissionError         a task cannot be submitted
    │   └── NestedExperimentError   an experiment opened while a job loads its script
    ├── FailedExperiment        some jobs failed, and the experiment was told to raise
    └── DirtyGitError           the code has uncommitted changes, and that was refused

    GracefulExperimentExit      leave the experiment without waiting
    TaskCancelled               raised inside `execute` when the job is told to stop
    GracefulTimeout             raised by `execute` to stop before a time limit
"""

from __future__ import annotations

__all__ = [
    "ActionError",
    "CacheError",
    "CorruptFileError",
    "DirtyGitError",
    "FailedExperiment",
    "GracefulExperimentExit",
    "GracefulTimeout",
    "NestedExperimentError",
    "SchedulerError",
    "SettingsError",
    "SubmissionError",
    "TaskCancelled",
    "WorkspaceError",
]


class SchedulerError(Exception):
    """Root of the errors of this package."""


class WorkspaceError(SchedulerError):
    """A folder or a file of the workspace cannot be used."""


class CorruptFileError(WorkspaceError):
    """A file of the workspace does not say what it should; the message names it."""


class SettingsError(SchedulerError, RuntimeError):
    """The user's settings cannot be used; the message names the file, the line and the key."""


class ActionError(SchedulerError, ValueError):
    """An action cannot be stored, or asks for something that nobody answers."""


class CacheError(SchedulerError, RuntimeError):
    """What a cached method finds cannot be kept: there is no workspace, or no identifier."""


class SubmissionError(SchedulerError):
    """A task cannot be submitted."""


class NestedExperimentError(SubmissionError):
    """An experiment was opened by a script that a job is loading."""


class FailedExperiment(SchedulerError, RuntimeError):
    """Some jobs failed in an experiment opened with `on_failure="raise"`."""


class DirtyGitError(SchedulerError, RuntimeError):
    """The code has uncommitted changes, and the experiment refuses that."""


class GracefulExperimentExit(Exception):
    """Raise it in the body of an experiment to leave without waiting for the jobs."""


class TaskCancelled(Exception):
    """The job was told to stop (SIGTERM or SIGINT).

    Args:
        message: what happened.
        remaining_time: seconds left before the process is killed, `None` if unknown.
    """

    def __init__(
        self, message: str = "the task was cancelled", remaining_time: float | None = None
    ) -> None:
        super().__init__(message)
        self.remaining_time = remaining_time


class GracefulTimeout(Exception):
    """Raised by `execute` of a resumable task that stops before a time limit."""

    def __init__(self, message: str = "Task stopped gracefully before timeout") -> None:
        super().__init__(message)
