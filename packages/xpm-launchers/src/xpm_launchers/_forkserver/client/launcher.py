"""The launcher of this machine."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xpm_launchers._forkserver.capacity import Need
from xpm_launchers._host.processes import LocalProcess
from xpm_launchers._interface.connector import Connector
from xpm_launchers._interface.entry_points import COMMANDS, load
from xpm_launchers._interface.launcher import DIRECT, Launcher, LauncherEvents
from xpm_launchers._local.connector import LocalConnector
from xpm_launchers.exceptions import CapacityError, LauncherError, LaunchError

from .bootstrap import Address
from .connection import ServerConnection
from .requirements import local_need, read_requirement
from .ticket import LocalTicket

if TYPE_CHECKING:
    import click


class DirectLauncher(Launcher):
    """Runs commands as processes of this machine, as many at once as it has room for.

    A fork server, shared by all drivers with the same interpreter and environment, forks each
    process; it is started when it is first needed and ends by itself.

    Args:
        connector: The local host.
        priority: Preference of a `DynamicLauncher`; higher is preferred.
        spawn: Whether each Python call gets an interpreter of its own rather than a fork.
        preload: Modules that the server imports once for all jobs; they must not start threads.
        requirement: What each process takes, if its request names nothing: a `HostRequirement` or
            its text; None: one core.

    Raises:
        RequirementError: When the text of `requirement` is wrong.
    """

    def __init__(
        self,
        connector: Connector | None = None,
        *,
        priority: float = 0,
        spawn: bool = False,
        preload: Sequence[str] = (),
        requirement: Any = None,
    ) -> None:
        super().__init__(connector or LocalConnector.instance(), priority=priority)
        self.preload = tuple(preload)
        # Frameworks of macOS do not survive a fork (https://bugs.python.org/issue33725).
        self.spawn = spawn or sys.platform == "darwin" or not hasattr(os, "fork")
        self.requirement = read_requirement(requirement)
        self._needs: dict[Any, Need] = {None: Need()}
        self._connection: ServerConnection | None = None

    def _open_connection(self) -> ServerConnection:
        if self._connection is None:
            preload = () if self.spawn else self.preload
            self._connection = ServerConnection(lambda: Address(preload), spawn=self.spawn)
        return self._connection

    def prepare(self) -> None:
        """Start the fork server in the background, if it does not run."""
        self._open_connection().prepare()

    def request(self, key: Any, events: LauncherEvents, requirement: Any = None) -> LocalTicket:
        """Queue for a slot of this machine."""
        requirement = requirement if requirement is not None else self.requirement
        connection = self._open_connection()
        ticket = LocalTicket(connection, key, events, Need())
        need = self._needs.get(requirement)
        if need is not None:
            ticket.need = need
            connection.request(ticket)
        else:  # once for each requirement: looking for accelerators may take a second
            threading.Thread(
                target=self._work_out_need, args=(connection, ticket, requirement), daemon=True
            ).start()
        return ticket

    def _work_out_need(
        self, connection: ServerConnection, ticket: LocalTicket, requirement: Any
    ) -> None:
        try:
            ticket.need = self._needs[requirement] = local_need(requirement)
        except LaunchError as error:
            connection.refuse(ticket, error)
        except LauncherError as error:  # the text is wrong
            connection.refuse(ticket, CapacityError(str(error)))
        else:
            if self._connection is connection:  # else it was closed
                connection.request(ticket)

    def adopt(
        self, handle: Mapping[str, Any], key: Any, events: LauncherEvents
    ) -> LocalTicket | None:
        """Watch a process of this machine, whatever started it."""
        process = LocalProcess.from_handle(handle)
        if not process.is_running():
            return None
        process = process.pinned()
        if process.start is None:  # it has ended just now
            return None
        connection = self._open_connection()
        ticket = LocalTicket(connection, key, events, Need())
        connection.watch(ticket, process)
        return ticket

    @staticmethod
    def get_cli() -> click.Group:
        """Return the group of commands `launchers direct`.

        Raises:
            LookupError: When the package is not installed, so that its entry points are not known.
        """
        # By entry point: the commands, which few programs load, are above the launchers.
        group: click.Group = load(COMMANDS, DIRECT, "group of commands")
        return group

    def close(self) -> None:
        """Stop watching; processes that run go on."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
