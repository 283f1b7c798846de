"""Jobs."""

from xpm_scheduler import Job, JobDependency, JobStateError

__all__ = ["Job", "JobDependency", "JobStateError"]
