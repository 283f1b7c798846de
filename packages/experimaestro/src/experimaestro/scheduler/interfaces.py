"""States of jobs."""

from xpm_scheduler import JobFailureStatus, JobState

__all__ = ["JobFailureStatus", "JobState"]
