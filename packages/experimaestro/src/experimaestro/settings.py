"""Settings of the user and of workspaces, as in `settings.yaml`."""

from xpm_scheduler.settings import (
    FolderMode,
    FolderSettings,
    HistorySettings,
    ServerSettings,
    Settings,
    SSHSettings,
    WorkspaceSettings,
    find_workspace,
    get_settings,
    get_workspace,
    get_workspace_by_path,
)

__all__ = [
    "FolderMode",
    "FolderSettings",
    "HistorySettings",
    "SSHSettings",
    "ServerSettings",
    "Settings",
    "WorkspaceSettings",
    "find_workspace",
    "get_settings",
    "get_workspace",
    "get_workspace_by_path",
]
