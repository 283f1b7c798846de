"""The connector of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from xpm_launchers._connector import Connector
from xpm_launchers._procinfo import host_name


class LocalConnector(Connector):
    """The files and the commands of this machine.

    :param localpath: base folder of data that belongs to no workspace; by default
        ``$XPM_WORKDIR``, else ``~/.local/share/experimaestro``.
    """

    _instance: LocalConnector | None = None

    def __init__(self, localpath: Path | None = None) -> None:
        variable = os.environ.get("XPM_WORKDIR")
        default = Path(variable) if variable else Path("~/.local/share/experimaestro").expanduser()
        self.localpath = Path(localpath) if localpath is not None else default

    @classmethod
    def instance(cls) -> LocalConnector:
        """Return the connector of this machine with the default folder."""
        if LocalConnector._instance is None:
            LocalConnector._instance = LocalConnector()
        return LocalConnector._instance

    @property
    def hostname(self) -> str:
        """The name of this host."""
        return host_name()

    def path(self, *parts: str) -> Path:
        """Return a path on this host."""
        return Path(*parts)
