"""What can be set, as plain records (they are read from a file in `_settings_file`)."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

import attrs


def _path(value: str | Path) -> Path:
    return Path(value).expanduser()


class FolderMode(Enum):
    """What an auxiliary folder is for."""

    #: Finished jobs are taken from it; nothing is ever written or deleted there.
    USE = "use"
    #: Jobs are copied to it when they have succeeded, and copied back when they are missing.
    BACKUP = "backup"
    #: Jobs are moved to it when they have succeeded, and linked from the workspace.
    MOVE = "move"


@attrs.define
class FolderSettings:
    """A folder attached to a workspace, with jobs as in a workspace: `jobs/<task>/<identifier>`.

    Attributes:
        path: the folder; `~` is the home folder.
        mode: what it is for.
    """

    path: Path = attrs.field(converter=_path)
    mode: FolderMode = attrs.field(default=FolderMode.USE, converter=FolderMode)

    @property
    def jobspath(self) -> Path:
        """The folder of its jobs.

        A folder that is only used may also be given by its `jobs` folder.
        """
        jobs = self.path / "jobs"
        if self.mode is FolderMode.USE and self.path.name == "jobs" and not jobs.is_dir():
            return self.path
        return jobs


@attrs.define
class HistorySettings:
    """How many runs of an experiment are kept.

    Attributes:
        max_done: number of successful runs.
        max_failed: number of failed runs.
    """

    max_done: int = 5
    max_failed: int = 1


@attrs.define
class ServerSettings:
    """Where the web monitor listens.

    Attributes:
        port: its port; `None`: a free one.
        host: the name of this host that others reach it by.
        token: what a client must know; `None`: a random one.
    """

    port: int | None = None
    host: str | None = None
    token: str | None = None


@attrs.define
class SSHSettings:
    """How the host of a remote workspace is reached.

    Attributes:
        host: `user@host`.
        shell_init: shell commands that are run there first.
        uv_offline: whether `uv` may not use the network there.
        python: the Python to use there.
        xpm_path: the `experimaestro` command there.
        options: more options of `ssh`.
    """

    host: str = ""
    shell_init: str | None = None
    uv_offline: bool = False
    python: str | None = None
    xpm_path: str | None = None
    options: list[str] = attrs.field(factory=list)


@attrs.define
class WorkspaceSettings:
    """Settings of one workspace.

    Attributes:
        id: its name.
        path: its folder; `~` is the home folder (of the remote host where there is `ssh`).
        env: environment variables of its jobs.
        alt_workspaces: deprecated: names of workspaces whose jobs are used; see `folders`.
        folders: auxiliary folders.
        max_retries: how often a resumable task is executed in all, at most.
        triggers: patterns of the names of the experiments that use it, as in a shell.
        history: how many runs are kept.
        ssh: how its host is reached; `None` for a workspace of this host.
    """

    id: str
    path: Path = attrs.field(converter=Path)
    env: dict[str, str] = attrs.field(factory=dict)
    alt_workspaces: list[str] = attrs.field(factory=list)
    folders: list[FolderSettings] = attrs.field(factory=list)
    max_retries: int = 3
    triggers: list[str] = attrs.field(factory=list)
    history: HistorySettings = attrs.field(factory=HistorySettings)
    ssh: SSHSettings | None = None

    def __attrs_post_init__(self) -> None:
        if self.ssh is None:
            self.path = self.path.expanduser()


@attrs.define
class Settings:
    """All settings.

    Attributes:
        server: where the web monitor listens.
        env: environment variables of all jobs.
        workspaces: the workspaces; the first one of this host is the default.
        history: how many runs are kept where a workspace does not say.
    """

    server: ServerSettings = attrs.field(factory=ServerSettings)
    env: dict[str, str] = attrs.field(factory=dict)
    workspaces: list[WorkspaceSettings] = attrs.field(factory=list)
    history: HistorySettings = attrs.field(factory=HistorySettings)
