"""What a process that runs a job knows about itself."""

from xpm_scheduler.taskglobals import Env

__all__ = ["Env"]
