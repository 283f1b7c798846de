"""Preparations: what is done once in the driver, before the tasks that hold it are run."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from xpm_config import Config, clone, walk
from xpm_scheduler._graph.nodes import JobDependency, Node
from xpm_scheduler._graph.states import JobFailureStatus, JobState
from xpm_scheduler._workspace.layout import task_name

from .interfaces import JobObserver
from .job import Job

_logger = logging.getLogger("xpm.scheduler")

#: How many preparations run at the same time, at most: they download and unpack.
_AT_ONCE = 8


class Prepare(Config):
    """A configuration with something to be done before tasks that hold it can run.

    Once for each identifier, in the process of the plan, and only if such a task is to be
    run: `is_prepared` is asked, then `prepare` is called, on a copy of the
    configuration. Preparations run beside each other; they have no folder.
    """

    def is_prepared(self) -> bool:
        """Return whether nothing is to be done; by default there always is."""
        return False

    def prepare(self) -> None:
        """Do what is to be done, such as a download; an error fails the tasks that hold it."""


class PrepareDependency(JobDependency):
    """The fact that a job requires something to be prepared."""

    __slots__ = ()


class PrepareResource(Node):
    """The preparation of a configuration, which the jobs that hold the configuration require.

    Args:
        config: the configuration.

    Attributes:
        observers: the experiments in which it is wanted for itself, and not for a job that is run.
    """

    __slots__ = ("config", "identifier", "observers", "task_id")

    def __init__(self, config: Prepare) -> None:
        super().__init__()
        self.config = config
        self.task_id: str = config.__xpm__.xpmtype.identifier
        self.identifier = str(config.__xpm__.identifier)
        self.observers: list[JobObserver[Job]] = []

    @property
    def locator(self) -> str:
        return f"{self.task_id}/{self.identifier}"

    @property
    def label(self) -> str:
        return f"preparation {task_name(self.task_id)} {self.identifier[:8]}"

    def required_by(self, target: Node) -> JobDependency:
        return PrepareDependency(self, target)


class Preparations:
    """The preparations of this process, each once.

    Args:
        post: has a function called in the scheduler's thread.
        move: changes a state; called in the scheduler's thread.
    """

    def __init__(self, post: Callable[..., None], move: Callable[[Node, JobState], None]) -> None:
        self._post = post
        self._move = move
        self._resources: dict[tuple[str, str], PrepareResource] = {}
        self._guard = threading.Lock()
        self._slots = threading.Semaphore(_AT_ONCE)

    def required_by(self, task: Config, origins: Iterable[Node]) -> list[PrepareResource]:
        """Return what is to be prepared for a task; called in the plan's thread.

        Args:
            task: the sealed task.
            origins: the jobs that it requires: their preparations are required too, since these
                jobs may have been run elsewhere.
        """
        if not Prepare.__subclasses__():
            return []
        required: dict[int, PrepareResource] = {}
        for config in walk(task, into_produced=False):
            if isinstance(config, Prepare):
                resource = self._resource(config)
                required[id(resource)] = resource
        for origin in origins:
            if isinstance(origin, Job):
                for above in origin.origins:
                    if isinstance(above, PrepareResource):
                        resource = self._resource(above.config)
                        required[id(resource)] = resource
        return list(required.values())

    def _resource(self, config: Prepare) -> PrepareResource:
        """Return the preparation of a configuration; a new one when the one before has failed."""
        key = (config.__xpm__.xpmtype.identifier, str(config.__xpm__.identifier))
        with self._guard:
            resource = self._resources.get(key)
            if resource is None or resource.state == JobState.ERROR:
                resource = self._resources[key] = PrepareResource(config)
            return resource

    def run(self, resource: PrepareResource) -> None:
        """Prepare, in a thread that does not keep the process from ending."""
        name = f"xpm-{resource.label}"
        threading.Thread(target=self._prepare, args=(resource,), name=name, daemon=True).start()

    def _prepare(self, resource: PrepareResource) -> None:
        error: str | None = None
        with self._slots:
            try:
                config = clone(resource.config)
                if not config.is_prepared():
                    config.prepare()
            except BaseException as raised:
                error = _describe(raised)
                _logger.error("%s has failed", resource.label, exc_info=raised)
        self._post(self._prepared, resource, error)

    def _prepared(self, resource: PrepareResource, error: str | None) -> None:
        state = JobState.DONE
        if error is not None:
            state = resource.fail(JobFailureStatus.FAILED, error)
        self._move(resource, state)
        for observer in resource.observers:
            observer.preparation_ended(resource)
        resource.observers.clear()


def _describe(error: Any) -> str:
    return "".join(traceback.format_exception_only(type(error), error)).strip()
