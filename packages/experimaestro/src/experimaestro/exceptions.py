"""Errors of all packages.

The roots are `ConfigError`, `SerializationError`, `LauncherError` and `SchedulerError`.
"""

from xpm_config import ConfigError, SealedError
from xpm_launchers import LauncherError, LauncherNotFoundError
from xpm_scheduler import (
    DirtyGitError,
    FailedExperiment,
    GracefulExperimentExit,
    GracefulTimeout,
    SchedulerError,
    SettingsError,
    TaskCancelled,
)
from xpm_serialize import SerializationError

__all__ = [
    "ConfigError",
    "DirtyGitError",
    "FailedExperiment",
    "GracefulExperimentExit",
    "GracefulTimeout",
    "LauncherError",
    "LauncherNotFoundError",
    "SchedulerError",
    "SealedError",
    "SerializationError",
    "SettingsError",
    "TaskCancelled",
]
