"""What a launcher is: requests, tickets and events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .builders import ProcessBuilder, PythonScriptBuilder, ScriptBuilder
from .entry_points import LAUNCHERS, load

if TYPE_CHECKING:
    import click

    from xpm_launchers.exceptions import LaunchError

    from .connector import Connector
    from .process import Command, Process
    from .process_exit import ProcessExit

#: Name of the launcher of this machine
DIRECT = "direct"


class Ticket(ABC):
    """A place in a launcher's queue, then a slot, then a process.

    All methods may be called from any thread and return at once.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def key(self) -> Any:
        """The object given to `Launcher.request` or `Launcher.adopt`."""

    @abstractmethod
    def start(self, command: Command) -> None:
        """Start `command`; only once, and only after `granted` was called."""

    @abstractmethod
    def cancel(self) -> None:
        """Leave the queue, or release the slot; a process that runs already is terminated."""


class LauncherEvents(Protocol):
    """What a launcher reports; called from any thread, must return at once."""

    def granted(self, ticket: Ticket) -> None:
        """Handle the grant of a slot: answer with `ticket.start` or `ticket.cancel`."""

    def started(self, ticket: Ticket, process: Process) -> None:
        """Handle the start of the process."""

    def refused(self, ticket: Ticket, error: LaunchError) -> None:
        """Handle that it cannot run here, or could not be started; nothing follows."""

    def ended(self, ticket: Ticket, exit: ProcessExit) -> None:
        """Handle the end of the process; nothing follows."""


class Launcher(ABC):
    """How a command becomes a process on some computing resource.

    Args:
        connector: Files and commands of the host that starts the processes.
        priority: Preference of a `DynamicLauncher`; higher is preferred.
    """

    def __init__(self, connector: Connector, *, priority: float = 0) -> None:
        self.connector = connector
        self.priority = priority
        #: Variables added to the environment of every job (by what builds commands)
        self.environ: dict[str, str] = {}

    @abstractmethod
    def request(self, key: Any, events: LauncherEvents, requirement: Any = None) -> Ticket:
        """Queue for a slot, without waiting for it.

        Args:
            key: The caller's own object, found again as `ticket.key`.
            events: Called with everything that happens.
            requirement: Hardware requirement; None means one core.
        """

    @abstractmethod
    def adopt(self, handle: Mapping[str, Any], key: Any, events: LauncherEvents) -> Ticket | None:
        """Watch a process started earlier, by this driver or another.

        `events.ended` is called at its end (`started` is not called).

        Returns:
            None when the process is gone.

        Raises:
            HandleError: When the handle cannot be read, or is of another host.
        """

    def prepare(self) -> None:  # noqa: B027 - optional
        """Get ready to start processes; does not wait. Never needed, saves time later."""

    def close(self) -> None:  # noqa: B027 - optional
        """Stop watching: no event follows. Processes that run go on."""

    # --- For schedulers; most launchers need none of it

    def onSubmit(self, job: Any) -> None:  # noqa: B027 - optional
        """Note each job that is submitted with this launcher.

        A launcher may add dependencies here, such as units of a counter.
        """

    def setenv(self, key: str, value: str) -> None:
        """Add a variable to the environment of every job."""
        self.environ[key] = value

    def launcher_info_code(self) -> str:
        """Return Python code for the beginning of a job's script; by default there is none."""
        return ""

    def processbuilder(self) -> ProcessBuilder:
        """Return what starts single processes where this launcher's connector leads."""
        return self.connector.processbuilder()

    def scriptbuilder(self) -> ScriptBuilder:
        """Return what writes scripts that this launcher can run."""
        return PythonScriptBuilder()

    @staticmethod
    def get_cli() -> click.Group | None:
        """Return this launcher's part of the command `launchers`, if it has any.

        A package can offer it without loading the launcher, by an entry point of the group
        `experimaestro.launchers.cli` that has the launcher's name; that one is preferred.
        """
        return None

    @staticmethod
    def get(path: Path, name: str = DIRECT) -> Launcher:
        """Return a launcher for the host that a path is of: this machine's for a `Path`.

        Args:
            path: A path of the host.
            name: Name of the launcher, an entry point of the group `experimaestro.launchers`.

        Raises:
            LookupError: When no launcher of that name is installed.
        """
        launcher: Launcher = load(LAUNCHERS, name, "launcher")()
        return launcher
