"""Services: what goes along with an experiment, such as a viewer of its results."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .logs import log_handler
from .serialization import find_class, from_json, to_json

if TYPE_CHECKING:
    from xpm_scheduler._tasks.interfaces import Plan
    from xpm_scheduler._tasks.job import Job

_logger = logging.getLogger("xpm.services")


class ServiceState(Enum):
    """The state of a service.

    `STOPPED`, `STARTING`, `RUNNING`, `STOPPING`, and `STOPPED` again; `ERROR` when it has failed.
    """

    STOPPED = 0
    STARTING = 1
    RUNNING = 2
    STOPPING = 3
    ERROR = 4


class ServiceListener:
    """Follows what happens to services; subclass it, and hand it to `add_listener`."""

    def service_state_changed(self, service: Service) -> None:
        """React to another state of a service, in whichever thread it has changed.

        Args:
            service: the service; its `state` is the new one.
        """


class Service:
    """What goes along with an experiment, and is shown to those who watch it.

    Give each class an `id` of its own, and let `state_dict` return the arguments
    that make the service again.

    >>> from pathlib import Path
    >>> from xpm_scheduler.services import Service
    >>> class Notes(Service):
    ...     id = "notes"
    ...     def __init__(self, folder: Path, log_directory: Path | None = None) -> None:
    ...         super().__init__(log_directory)
    ...         self.folder = folder
    ...     def state_dict(self):
    ...         return {**super().state_dict(), "folder": self.folder}
    >>> Notes(Path("results")).full_state_dict()["state_dict"]["folder"]
    {'__path__': 'results'}

    Args:
        log_directory: folder of its logs; by default, the experiment gives it one.
        others: arguments of the next class, for those that derive from several.
    """

    #: Its name in the experiment.
    id: ClassVar[str] = ""

    # On the class, so that a sub-class that does not call __init__ has them too.
    log_directory: Path | None = None
    _experiment: Plan[Job] | None = None
    _experiment_id = ""
    _run_id = ""
    _state = ServiceState.STOPPED
    _error: str | None = None
    _listeners: tuple[ServiceListener, ...] = ()

    def __init__(self, log_directory: Path | None = None, **others: Any) -> None:
        super().__init__(**others)
        self.log_directory = None if log_directory is None else Path(log_directory)

    def description(self) -> str:
        """Return what it is, for people."""
        return ""

    @property
    def state(self) -> ServiceState:
        """The state."""
        return self._state

    @property
    def error(self) -> str | None:
        """Why it could not be started; `None` when nothing has failed."""
        return self._error

    @property
    def experiment_id(self) -> str:
        """The experiment that it belongs to; empty without one."""
        return self._experiment_id

    @property
    def run_id(self) -> str:
        """The run of the experiment; empty without one."""
        return self._run_id

    @property
    def stdout(self) -> Path | None:
        """The log of its standard output; `None` while it has no folder for logs."""
        return None if self.log_directory is None else self.log_directory / "logs.out"

    @property
    def stderr(self) -> Path | None:
        """The log of its standard error; `None` while it has no folder for logs."""
        return None if self.log_directory is None else self.log_directory / "logs.err"

    # --------------------------------------------------------------------------- its state

    @property
    def _guard(self) -> threading.RLock:
        """Guards its state; re-entered by listeners that ask the service for something."""
        guard: threading.RLock = self.__dict__.setdefault("_guard_lock", threading.RLock())
        return guard

    def add_listener(self, listener: ServiceListener) -> None:
        """Call a listener for each state from here on."""
        with self._guard:
            self._listeners = (*self._listeners, listener)

    def remove_listener(self, listener: ServiceListener) -> None:
        """Do not call a listener any more."""
        with self._guard:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def set_error(self, error: str | None) -> None:
        """Record that it has failed, and why.

        Args:
            error: a message for people; `None` takes it back.
        """
        with self._guard:
            self._error = error
            if error is not None:
                self._set_state(ServiceState.ERROR)

    def set_starting(self) -> None:
        """Do nothing: a live service knows its state, and others may only show it."""

    def _set_state(self, state: ServiceState) -> None:
        """Take a state, and call the listeners."""
        # Called while it is held: listeners learn of states in the order in which they came.
        with self._guard:
            changed, self._state = self._state is not state, state
            if state is not ServiceState.ERROR:
                self._error = None
            for listener in self._listeners if changed else ():
                try:
                    listener.service_state_changed(self)
                except Exception:  # the listener's own code; the service goes on
                    _logger.exception("a listener of the service %s has failed", self.id)

    # ------------------------------------------------------------------- in an experiment

    def set_experiment(self, xp: Plan[Job]) -> None:
        """Take the experiment that it is added to; gets a folder for logs from it.

        Args:
            xp: the experiment. An override calls this one too.
        """
        self._experiment = xp
        self._experiment_id, self._run_id = xp.name, xp.run_id
        if self.log_directory is None:
            self.log_directory = xp.service_log_folder(self.id)

    def subservices(self) -> list[Service]:
        """Return the services that it consists of; by default, itself."""
        return [self]

    def get_subservice(self, service_id: str) -> Service:
        """Return one of the services that it consists of.

        Raises:
            KeyError: no service has that name.
        """
        services = {service.id: service for service in self.subservices()}
        if service_id not in services:
            raise KeyError(f"{self.id} has no service {service_id!r}; it has {', '.join(services)}")
        return services[service_id]

    def setup_logging(
        self,
    ) -> tuple[logging.FileHandler | None, logging.FileHandler | None]:
        """Write what this thread logs to the service's files, from here on.

        Returns:
            Two handlers for `cleanup_logging`: all messages from INFO on go to `stdout`,
            those from WARNING on to `stderr`. `None` without a folder for logs.
        """
        if self.log_directory is None or self.stdout is None or self.stderr is None:
            return None, None
        self.log_directory.mkdir(parents=True, exist_ok=True)
        return log_handler(self.stdout, logging.INFO), log_handler(self.stderr, logging.WARNING)

    def cleanup_logging(
        self,
        stdout_handler: logging.FileHandler | None,
        stderr_handler: logging.FileHandler | None,
    ) -> None:
        """Undo `setup_logging`.

        Args:
            stdout_handler: what that has returned first.
            stderr_handler: what that has returned second.
        """
        for handler in (stdout_handler, stderr_handler):
            if handler is not None:
                logging.getLogger().removeHandler(handler)
                handler.close()

    # ------------------------------------------------------------------------ as plain data

    def state_dict(self) -> dict[str, Any]:
        """Return the arguments that make it again.

        An override adds its own: numbers, strings, paths, and lists and dictionaries of them.
        """
        return {} if self.log_directory is None else {"log_directory": self.log_directory}

    def full_state_dict(self) -> dict[str, Any]:
        """Return all that is to be known of it, ready for JSON.

        Returns:
            Its `class` and `state_dict` for `from_state_dict`, and `service_id`,
            `description`, `experiment_id`, `run_id`, `state`, `url` and `error`.

        Raises:
            TypeError: a value of its `state_dict` has no form in JSON.
        """
        kind = type(self)
        state = self.serialize_state_dict(self.state_dict())
        if "<locals>" in kind.__qualname__:
            state["__unserializable__"] = True
        return {
            "service_id": self.id,
            "description": self.description(),
            "class": f"{kind.__module__}.{kind.__qualname__}",
            "state_dict": state,
            "experiment_id": self.experiment_id,
            "run_id": self.run_id,
            "state": self.state.name,
            "url": getattr(self, "url", None),
            "error": self.error,
        }

    @staticmethod
    def serialize_state_dict(data: dict[str, Any]) -> dict[str, Any]:
        """Return a state ready for JSON: a path becomes `{"__path__": "/its/text"}`.

        Raises:
            TypeError: a value has no form in JSON.
        """
        serialized: dict[str, Any] = to_json(data, "state_dict()")
        return serialized

    @staticmethod
    def from_state_dict(
        service_class: str,
        data: dict[str, Any],
        path_translator: Callable[[str], Path] | None = None,
    ) -> Service:
        """Make a service again.

        Args:
            service_class: full name of its class.
            data: what its `state_dict` gave, or the JSON form of that.
            path_translator: gives the path here for one of another machine.

        Raises:
            ValueError: there is no such class, or it cannot be made again.
        """
        if data.get("__unserializable__"):
            raise ValueError(f"{service_class}: this service cannot be made again from its state")
        kind = find_class(service_class)
        if not issubclass(kind, Service):
            raise ValueError(f"{service_class}: expected a class of services")
        arguments = from_json(data, path_translator or Path)
        made: Service = kind(**{k: v for k, v in arguments.items() if not k.startswith("__")})
        return made
