"""Experiments, jobs and workspaces."""

from xpm_scheduler import (
    DirtyGitError,
    FailedExperiment,
    Job,
    JobContext,
    JobFailureStatus,
    JobState,
    Listener,
    RunMode,
    Scheduler,
    Workspace,
)

from .experiment import experiment

__all__ = [
    "DirtyGitError",
    "FailedExperiment",
    "Job",
    "JobContext",
    "JobFailureStatus",
    "JobState",
    "Listener",
    "RunMode",
    "Scheduler",
    "Workspace",
    "experiment",
]
