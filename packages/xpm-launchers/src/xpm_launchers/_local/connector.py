"""The connector of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_launchers._interface.connector import Connector
from xpm_launchers._tokens.token import CounterToken
from xpm_os.hosts import host_name

from .locks import FileLock

if TYPE_CHECKING:
    from .builder import LocalProcessBuilder


class LocalConnector(Connector):
    """The files and the commands of this machine.

    Args:
        localpath: Base folder of data that belongs to no workspace; by default `$XPM_WORKDIR`, else
            `~/.local/share/experimaestro`.
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

    def processbuilder(self) -> LocalProcessBuilder:
        """Return what starts single processes of this machine."""
        from .builder import LocalProcessBuilder  # subprocess costs 10 ms, few build any

        return LocalProcessBuilder()

    def lock(self, path: Path, max_delay: float = -1) -> FileLock:
        """Return a lock between processes, for `with`.

        Args:
            path: Its file, made if it is not there.
            max_delay: Seconds to wait at most (then it is a `LockTimeoutError`); negative: for
                ever.
        """
        return FileLock(path, max_delay)

    def async_lock(self, path: Path, max_delay: float = -1) -> FileLock:
        """Return a lock between processes, for `async with`; see `lock`."""
        return FileLock(path, max_delay)

    def createtoken(self, name: str, total: int) -> CounterToken:
        """Return the counter `name`, shared by all programs that use the same `localpath`.

        Args:
            name: Its name, which is that of its folder.
            total: How many units there are.

        Raises:
            ValueError: When `name` cannot be a folder's, or `total` is not a positive number.
        """
        if not name or os.sep in name or name in (".", ".."):
            raise ValueError(f"expected the name of a token, without {os.sep!r}, got {name!r}")
        return CounterToken(name, self.localpath / "tokens" / f"{name}.counter", total)
