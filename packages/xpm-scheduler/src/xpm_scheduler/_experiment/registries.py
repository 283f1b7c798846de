"""What an experiment has beside its jobs: services, actions, saved objects, tags."""

from __future__ import annotations

import logging
import re
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import xpm_serialize
from xpm_scheduler._actions.action import Action, ActionChecker, RegisteredAction
from xpm_scheduler._services.service import Service, ServiceListener, ServiceState
from xpm_scheduler._services.web import Reachable
from xpm_scheduler._workspace.workspace import RunMode, Workspace

from .tracker import Tracking

if TYPE_CHECKING:
    from xpm_scheduler._engine.scheduler import Scheduler

    from .experiment import experiment

_logger = logging.getLogger("xpm.services")

S = TypeVar("S", bound=Service)

#: What experiments, services and saved objects may be called: they name folders.
NAME = re.compile(r"[\w.@+=,-][\w.@+=, -]*")


def is_name(name: str) -> bool:
    """Whether a folder can be called so."""
    return NAME.fullmatch(name) is not None and name not in (".", "..")


class Belongings(Tracking):
    """The part of an experiment that is not about its jobs."""

    # Of the experiment itself.
    name: str
    workspace: Workspace
    scheduler: Scheduler
    run_id: str
    workdir: Path

    def __init__(self) -> None:
        super().__init__()
        #: Names of the run, for people; may be added to while the experiment is open.
        self.run_tags: list[str] = []
        self._actions: dict[str, Action] = {}
        self._checker: ActionChecker | None = None
        self._services: dict[str, Service] = {}
        self._listener = _Recorder(self)

    # ------------------------------------------------------------------------- saved objects

    def save(self, obj: Any, name: str = "default") -> None:
        """Keep configurations with this run, to be had again by :meth:`load`.

        Args:
            obj: a configuration, or any nesting of lists, tuples and dictionaries of them.
            name: under which they are kept; what was kept so before is replaced.

        Raises:
            ValueError: the name cannot be a folder's.
            SerializationError: they cannot be saved.
        """
        if not is_name(name):
            raise ValueError(f"save: expected a name that a folder can have, got {name!r}")
        dry = self.workspace.run_mode is RunMode.DRY_RUN
        # By the package, which loads what it takes: most plans keep nothing.
        xpm_serialize.save(obj, None if dry else self._data_folder(self.workdir) / name)

    def load(self, name: str = "default", of: str | None = None) -> Any:
        """What was kept by :meth:`save`.

        Args:
            name: under which it was kept in this run.
            of: as second argument, a name in the newest run of another experiment, which the
                first one names then.

        Raises:
            FileNotFoundError: nothing was kept under this name.
        """
        run = self.workdir
        if of is not None:
            run, name = self.workspace.experimentspath / name / "current", of
        elif not (self._data_folder(run) / name).is_dir():
            # As in release 2.x, where one argument names an experiment.
            other = self.workspace.experimentspath / name / "current"
            if (self._data_folder(other) / "default").is_dir():
                run, name = other, "default"
        folder = self._data_folder(run)
        try:
            return xpm_serialize.load(folder / name)
        except xpm_serialize.DefinitionNotFoundError as error:
            kept = sorted(path.name for path in folder.glob("*/")) if folder.is_dir() else []
            raise FileNotFoundError(
                f"{self.name}: nothing is kept as {name!r} in {folder}; there is: "
                f"{', '.join(kept) or 'nothing'}"
            ) from error

    def _data_folder(self, run: Path) -> Path:
        return run / "data"

    # ------------------------------------------------------------------------------- actions

    @property
    def actions(self) -> dict[str, Action]:
        """The actions, by their identifiers."""
        return dict(self._actions)

    def add_action(self, action: Action) -> str:
        """Register what can be done later by ``experimaestro experiments actions run``.

        Args:
            action: the configuration of an action.

        Returns:
            Its identifier.

        Raises:
            TypeError: it is no such configuration, or its class does not say what to do.
            ActionError: it cannot be stored; nothing is registered.
        """
        if self._checker is None:
            self._checker = ActionChecker()
        found = self._checker.check(action, self.workdir / "actions")
        # One that differs in what does not count takes the place of the other.
        if self._actions.get(found.identifier) != action:
            self._actions[found.identifier] = action
            if self._records is not None:
                self.scheduler.post(self._record_action, found)
        return found.identifier

    def _record_action(self, found: RegisteredAction) -> None:
        assert self._records is not None
        self._records.add_action(found)

    # ------------------------------------------------------------------------------ services

    @property
    def services(self) -> dict[str, Service]:
        """The services, by their names."""
        return dict(self._services)

    def add_service(self, service: S) -> S:
        """Let a service go along with the experiment, such as a viewer of its results.

        It is started by whoever asks for its URL first, and stopped with the experiment.

        Args:
            service: the service.

        Returns:
            The service; or the one that was added before, if it has the same class, name and
            ``state_dict()``.

        Raises:
            TypeError: it is none, or its ``state_dict()`` cannot be stored.
            ValueError: its class has no ``id``, or one that cannot name a folder.
        """
        if not isinstance(service, Service):
            raise TypeError(f"add_service: expected a service, got {type(service).__qualname__}")
        if not is_name(service.id):
            raise ValueError(
                f"{type(service).__qualname__}.id: expected a name that a folder can have, "
                f"got {service.id!r}"
            )
        known = self._services.get(service.id)
        if known is not None:
            if known is service or _identity(known) == _identity(service):
                return cast(S, known)
            print(
                f"{self.name}: the service {service.id} takes the place of another one",
                file=sys.stderr,
            )
            self._drop(known)
        service.set_experiment(cast("experiment", self))
        described = service.full_state_dict()
        self._services[service.id] = service
        service.add_listener(self._listener)
        if self._records is not None:
            self.scheduler.post(self._record_service, described, True)
            self.scheduler.post(self.scheduler.service_added, service)
        return service

    def service_log_folder(self, service_id: str) -> Path | None:
        """A new folder for the logs of a service; ``None`` in a dry run, which writes nothing."""
        if self._records is None:
            return None
        base = self.workspace.scheduler_services_path
        number = 0
        while True:
            path = base / (f"{service_id}.{number}" if number else service_id)
            try:
                path.mkdir(parents=True)
                return path
            except FileExistsError:
                # Another experiment that began in the same second has one of that name.
                number += 1

    def _record_service(self, described: dict[str, Any], added: bool) -> None:
        if self._records is not None:
            self._records.set_service(described, added=added)

    def _drop(self, service: Service) -> None:
        if isinstance(service, Reachable):
            service.stop()
        service.remove_listener(self._listener)

    def _stop_services(self) -> None:
        """Stop all services, at the same time."""
        stops = [
            threading.Thread(target=self._stop_service, args=(service,))
            for service in self._services.values()
        ]
        for stop in stops:
            stop.start()
        for stop in stops:
            stop.join()

    def _stop_service(self, service: Service) -> None:
        ran = service.state in (ServiceState.STARTING, ServiceState.RUNNING)
        stop = getattr(service, "stop", None)
        try:
            if ran and callable(stop):
                stop()
                print(f"{self.name}: stopped the service {service.id}", file=sys.stderr)
        except Exception as error:  # noqa: BLE001 -- the service's own code
            text = f"{type(error).__name__}: {error}"
            print(
                f"{self.name}: the service {service.id} could not be stopped: {text}",
                file=sys.stderr,
            )
        service.remove_listener(self._listener)

    def _service_changed(self, service: Service) -> None:
        try:
            described = service.full_state_dict()
        except Exception:  # the service's own code; it was right when it was added
            _logger.exception("the service %s cannot be described", service.id)
            return
        if self._records is not None:
            self.scheduler.post(self._record_service, described, False)


class _Recorder(ServiceListener):
    """Writes down the states of an experiment's services."""

    def __init__(self, owner: Belongings) -> None:
        self._owner = owner

    def service_state_changed(self, service: Service) -> None:
        self._owner._service_changed(service)


def _identity(service: Service) -> tuple[type[Service], dict[str, Any]]:
    state = service.state_dict()
    # The experiment gives one to each.
    state.pop("log_directory", None)
    return type(service), state
