"""Reading the state of a workspace, under the name of release 2.x."""

from xpm_scheduler.state import WorkspaceStateProvider

__all__ = ["WorkspaceStateProvider"]
