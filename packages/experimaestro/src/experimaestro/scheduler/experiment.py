"""The context in which tasks are submitted."""

from xpm_scheduler import experiment

__all__ = ["experiment"]
