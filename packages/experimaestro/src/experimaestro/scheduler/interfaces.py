"""States of jobs and of runs."""

from xpm_scheduler import JobFailureStatus, JobState
from xpm_scheduler.state import ExperimentStatus

__all__ = ["ExperimentStatus", "JobFailureStatus", "JobState"]
