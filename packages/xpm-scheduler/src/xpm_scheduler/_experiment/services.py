"""The services of an experiment."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Any, TypeVar

from xpm_scheduler._services.service import Service, ServiceListener, ServiceState
from xpm_scheduler._services.web import Reachable
from xpm_scheduler._tasks.interfaces import Plan
from xpm_scheduler._tasks.job import Job

from .checks import is_name
from .tracker import Tracker

_logger = logging.getLogger("xpm.services")

S = TypeVar("S", bound=Service)


class ServiceRegistry(ServiceListener):
    """What goes along with an experiment; records the states of its services.

    Args:
        plan: the experiment.
        tracker: records services.
    """

    def __init__(self, plan: Plan[Job], tracker: Tracker) -> None:
        self._plan = plan
        self._tracker = tracker
        self._services: dict[str, Service] = {}

    def all(self) -> dict[str, Service]:
        """Return the services by their names."""
        return dict(self._services)

    @property
    def any_running(self) -> bool:
        """Whether a service runs."""
        return any(one.state is ServiceState.RUNNING for one in self._services.values())

    def add(self, service: S) -> S:
        """Add a service; see `experiment.add_service`."""
        if not isinstance(service, Service):
            raise TypeError(f"add_service: expected a service, got {type(service).__qualname__}")
        if not is_name(service.id):
            raise ValueError(
                f"{type(service).__qualname__}.id: expected a name that a folder can have, "
                f"got {service.id!r}"
            )
        present = self._services.get(service.id)
        if present is not None:
            if isinstance(present, type(service)) and _same(present, service):
                return present
            print(
                f"{self._plan.name}: the service {service.id} takes the place of another one",
                file=sys.stderr,
            )
            self._drop(present)
        service.set_experiment(self._plan)
        described = service.full_state_dict()
        self._services[service.id] = service
        service.add_listener(self)
        self._tracker.record_service(described, added=True)
        self._tracker.announce_service(service)
        return service

    def log_folder(self, service_id: str) -> Path | None:
        """Return a new folder for the logs of a service; `None` when nothing is written."""
        if self._tracker.records is None:
            return None
        base = self._plan.workspace.scheduler_services_path
        number = 0
        while True:
            path = base / (f"{service_id}.{number}" if number else service_id)
            try:
                path.mkdir(parents=True)
                return path
            except FileExistsError:
                # Another experiment that began in the same second has one of that name.
                number += 1

    def stop_all(self) -> None:
        """Stop all services, at the same time."""
        stops = [
            threading.Thread(target=self._stop, args=(service,))
            for service in self._services.values()
        ]
        for stop in stops:
            stop.start()
        for stop in stops:
            stop.join()

    def service_state_changed(self, service: Service) -> None:
        """Record the state of a service."""
        try:
            described = service.full_state_dict()
        except Exception:  # the service's own code; it was right when it was added
            _logger.exception("the service %s cannot be described", service.id)
            return
        self._tracker.record_service(described, added=False)

    def _drop(self, service: Service) -> None:
        if isinstance(service, Reachable):
            service.stop()
        service.remove_listener(self)

    def _stop(self, service: Service) -> None:
        ran = service.state in (ServiceState.STARTING, ServiceState.RUNNING)
        stop = getattr(service, "stop", None)
        name = self._plan.name
        try:
            if ran and callable(stop):
                stop()
                print(f"{name}: stopped the service {service.id}", file=sys.stderr)
        except Exception as error:  # noqa: BLE001 -- the service's own code
            text = f"{type(error).__name__}: {error}"
            print(f"{name}: the service {service.id} could not be stopped: {text}", file=sys.stderr)
        service.remove_listener(self)


def _same(one: Service, other: Service) -> bool:
    """Return whether two services have the same class and `state_dict()`."""
    return one is other or (type(one) is type(other) and _state(one) == _state(other))


def _state(service: Service) -> dict[str, Any]:
    state = service.state_dict()
    # The experiment gives one to each.
    state.pop("log_directory", None)
    return state
