"""What a launcher is: the few classes everything else here implements or uses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .builders import ProcessBuilder, PythonScriptBuilder, ScriptBuilder

if TYPE_CHECKING:
    import click

    from xpm_launchers.exceptions import LaunchError

    from .connector import Connector


class PythonCall(NamedTuple):
    """Run ``function(*args)`` in a Python process.

    :param target: ``"package.module:function"``; the function returns its exit status
        (``None`` means 0).
    :param args: its positional arguments.
    """

    target: str
    args: tuple[str, ...] = ()


class Command(NamedTuple):
    """A process to be: what it runs, and everything it starts with.

    :param call: a :class:`PythonCall`, or the words of a command line.
    :param cwd: working directory.
    :param stdout: file for the standard output, truncated when the process starts.
    :param stderr: file for the standard error; may be the same as ``stdout``.
    :param environ: the complete environment of the process.
    :param python_path: ``sys.path`` of a :class:`PythonCall`, in order; empty: the
        interpreter's own.
    """

    call: PythonCall | tuple[str, ...]
    cwd: Path
    stdout: Path
    stderr: Path
    environ: Mapping[str, str]
    python_path: tuple[str, ...] = ()


class ProcessEnd(NamedTuple):
    """How a process ended.

    :param code: exit status, ``-N`` when signal N ended it, None when nobody knows.
    :param reason: None (success), ``"failed"``, ``"memory"``, ``"timeout"``,
        ``"cancelled"`` or ``"lost"``.
    :param message: one line for people.
    :param max_rss: peak of the resident memory, in bytes.
    :param cpu_time: processor time, user and system, in seconds.
    """

    code: int | None
    reason: str | None = None
    message: str = ""
    max_rss: int | None = None
    cpu_time: float | None = None


class ProcessState(Enum):
    """What is known of a process; `FINISHED`: it has ended, how is not known."""

    SCHEDULED = 0
    RUNNING = 1
    FINISHED = 2
    DONE = 3
    ERROR = 4

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.value >= ProcessState.FINISHED.value


class Process(ABC):
    """A process somewhere, known by a handle that survives whoever started it."""

    @abstractmethod
    def handle(self) -> dict[str, Any]:
        """Return what :func:`process_from_handle` needs, as JSON values; ``"type"`` names the
        entry point (group ``experimaestro.process``) that reads it."""

    @abstractmethod
    def is_running(self) -> bool:
        """Tell whether the process runs (a zombie does not)."""

    def state(self) -> ProcessState:
        """Return what is known of it."""
        return ProcessState.RUNNING if self.is_running() else ProcessState.FINISHED

    @abstractmethod
    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most `timeout` seconds; returns whether it has ended."""

    @abstractmethod
    def kill(self, grace: float = 10.0) -> None:
        """End the process and its group: SIGTERM, then SIGKILL after `grace` seconds."""


class Ticket(ABC):
    """A place in a launcher's queue, then a process.

    All methods may be called from any thread and return at once.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def key(self) -> Any:
        """The object given to :meth:`Launcher.request` or :meth:`Launcher.adopt`."""

    @abstractmethod
    def start(self, command: Command) -> None:
        """Start `command`; only once, and only after ``granted`` was called."""

    @abstractmethod
    def cancel(self) -> None:
        """Give the place back; a process that runs already is terminated."""


class LauncherEvents(Protocol):
    """What a launcher tells; called from any thread, must return at once."""

    def granted(self, ticket: Ticket) -> None:
        """Capacity is taken for `ticket`: answer with ``ticket.start`` or ``ticket.cancel``."""

    def started(self, ticket: Ticket, process: Process) -> None:
        """The process runs."""

    def refused(self, ticket: Ticket, error: LaunchError) -> None:
        """It cannot run here, or could not be started; nothing follows."""

    def ended(self, ticket: Ticket, end: ProcessEnd) -> None:
        """The process is gone; nothing follows."""


class Launcher(ABC):
    """How a command becomes a process on some computing resource.

    :param connector: files and commands of the host that starts the processes.
    :param priority: preference of a ``DynamicLauncher``; higher is preferred.
    """

    def __init__(self, connector: Connector, *, priority: float = 0) -> None:
        self.connector = connector
        self.priority = priority
        #: Variables added to the environment of every job (by whoever builds commands)
        self.environ: dict[str, str] = {}

    @abstractmethod
    def request(self, key: Any, events: LauncherEvents, requirement: Any = None) -> Ticket:
        """Queue for capacity; does not wait.

        :param key: the caller's own object, found again as ``ticket.key``.
        :param events: told of everything that happens.
        :param requirement: hardware requirement; None means one core.
        """

    @abstractmethod
    def adopt(self, handle: Mapping[str, Any], key: Any, events: LauncherEvents) -> Ticket | None:
        """Watch a process started earlier, by this driver or another.

        ``events.ended`` is called at its end (``started`` is not called).

        :returns: None when the process is gone.
        :raises HandleError: when the handle cannot be read, or is of another host.
        """

    def prepare(self) -> None:  # noqa: B027 - optional
        """Get ready to start processes; does not wait. Never needed, saves time later."""

    def close(self) -> None:  # noqa: B027 - optional
        """Stop watching: no event follows. Processes that run go on."""

    # --- For schedulers; most launchers need none of it

    def onSubmit(self, job: Any) -> None:  # noqa: B027 - optional
        """Called by a scheduler with each job that is submitted with this launcher.

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
        """Return this launcher's part of the command ``launchers``, if it has any."""
        return None

    @staticmethod
    def get(path: Path) -> Launcher:
        """Return a launcher for the host that a path is of: this machine's for a ``Path``.

        :raises LookupError: when no launcher is installed for it.
        """
        from importlib.metadata import entry_points  # costs 20 ms

        for point in entry_points(group="experimaestro.launchers"):
            if point.name == "direct":
                launcher: Launcher = point.load()()
                return launcher
        raise LookupError(f"no launcher for {path}: the package xpm-launchers is not installed")
