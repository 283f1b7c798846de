"""The scheduler."""

from xpm_scheduler import Scheduler

__all__ = ["Scheduler"]
