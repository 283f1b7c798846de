"""The user's settings: `settings.yaml` in the configuration folder, as Python objects."""

from __future__ import annotations

import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from ._settings.model import (
    FolderMode,
    FolderSettings,
    HistorySettings,
    ServerSettings,
    Settings,
    SSHSettings,
    WorkspaceSettings,
)
from .exceptions import SettingsError

__all__ = [
    # All settings
    "Settings",
    "get_settings",
    # Their parts
    "FolderMode",
    "FolderSettings",
    "HistorySettings",
    "SSHSettings",
    "ServerSettings",
    "WorkspaceSettings",
    # Which workspace
    "find_workspace",
    "get_workspace",
    "get_workspace_by_path",
]

FILE = "settings.yaml"

#: What was read last from each file, and what the file looked like then.
_read: dict[Path, tuple[tuple[int, int, int], Settings]] = {}


def get_settings(path: Path | str | None = None) -> Settings:
    """Return the settings of the user.

    The file is read again when it has changed; without a file, all settings have their defaults.

    Args:
        path: the file; by default, `settings.yaml` in the configuration folder
            (`~/.config/experimaestro`).

    Raises:
        SettingsError: the file cannot be read or understood.
    """
    file = Path(path).expanduser() if path is not None else _config_dir() / FILE
    try:
        status = os.stat(file)
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
    cached = _read.get(file)
    if cached is None or cached[0] != stamp:
        # Reading YAML takes 10 ms to load: only for those who have a file.
        from ._settings.yaml_file import read_settings

        cached = _read[file] = (stamp, read_settings(file))
    return cached[1]


def get_workspace(workspace_id: str | Path | None = None) -> WorkspaceSettings | None:
    """Return the settings of a workspace.

    Args:
        workspace_id: its name, or its folder; by default, the first workspace of this host.

    Returns:
        The settings; `None` when there are none.
    """
    settings = get_settings()
    if not workspace_id:
        return _first_local(settings)
    for workspace in settings.workspaces:
        if workspace.id == workspace_id:
            return workspace
    return get_workspace_by_path(workspace_id)


def get_workspace_by_path(path: str | Path) -> WorkspaceSettings | None:
    """Return the settings of the workspace of this host that lies in a folder.

    Returns:
        The settings; `None` when there are none.
    """
    wanted = os.path.abspath(Path(path).expanduser())
    for workspace in get_settings().workspaces:
        if workspace.ssh is None and os.path.abspath(workspace.path) == wanted:
            return workspace
    return None


def find_workspace(
    *,
    workspace: str | None = None,
    workdir: str | Path | None = None,
    experiment_id: str | None = None,
) -> WorkspaceSettings:
    """Return the workspace that an experiment is to use.

    Args:
        workspace: the name of a workspace, which is used.
        workdir: a folder, which is used: with the settings of `workspace` when that is given
            too, else with those of the workspace that lies there, if there is one.
        experiment_id: the name of the experiment: when nothing else is given, the first workspace
            with a trigger for it is used, and else the first one of all. Remote workspaces are not
            considered.

    Raises:
        SettingsError: no workspace has that name, or there is none at all.
    """
    settings = get_settings()
    if workspace:
        named = _named(settings, workspace)
        # A copy: what was read from the file stays as it is for all others.
        return attrs.evolve(named, path=Path(workdir)) if workdir else named
    if workdir:
        existing = get_workspace_by_path(workdir)
        return existing or WorkspaceSettings("", Path(workdir), history=settings.history)
    if experiment_id:
        for candidate in settings.workspaces:
            if candidate.ssh is None and _triggers(candidate, experiment_id):
                return candidate
    default = _first_local(settings)
    if default is None:
        raise SettingsError(
            f"no workspace: expected one to be named, or listed in {_config_dir() / FILE}"
        )
    return default


def _named(settings: Settings, name: str) -> WorkspaceSettings:
    for workspace in settings.workspaces:
        if workspace.id == name:
            return workspace
    names = ", ".join(workspace.id for workspace in settings.workspaces)
    raise SettingsError(
        f"no workspace is named {name!r} in {_config_dir() / FILE}; "
        + (f"there are {names}" if names else "it lists none")
    )


def _triggers(workspace: WorkspaceSettings, experiment_id: str) -> bool:
    return any(fnmatchcase(experiment_id, pattern) for pattern in workspace.triggers)


def _first_local(settings: Settings) -> WorkspaceSettings | None:
    return next((each for each in settings.workspaces if each.ssh is None), None)


def _config_dir() -> Path:
    # Who has changed the folder has loaded the finder; loading it for others takes 30 ms.
    finder = sys.modules.get("xpm_launchers.finder")
    if finder is not None:
        return Path(finder.LauncherRegistry.config_dir())
    return Path("~/.config/experimaestro").expanduser()
