"""Workspaces."""

from xpm_scheduler import RunMode, Workspace

__all__ = ["RunMode", "Workspace"]
