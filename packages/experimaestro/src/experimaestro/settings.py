"""Settings of workspaces, as in `settings.yaml`."""

from xpm_scheduler.settings import HistorySettings, Settings, WorkspaceSettings

__all__ = ["HistorySettings", "Settings", "WorkspaceSettings"]
