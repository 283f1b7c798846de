"""What plans, the engine, and the observers of jobs are to each other.

A plan submits jobs to an engine; the engine reports to the plan's observer what becomes of them.
An experiment is a plan, and the scheduler of this process an engine; a mirror of a scheduler
elsewhere may be one as well. The protocols are generic in the class of jobs, so that this module
needs no other one of its room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from xpm_config import Config
from xpm_scheduler._graph.nodes import Node, TransientMode
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._workspace.workspace import Workspace

J = TypeVar("J", bound=Node)


class Plan(Protocol[J]):
    """An open experiment, as those see it who submit tasks to it, or add services."""

    @property
    def name(self) -> str:
        """The name of the experiment."""
        ...

    @property
    def run_id(self) -> str:
        """The name of its run."""
        ...

    @property
    def workspace(self) -> Workspace:
        """Where its tasks run."""
        ...

    def take(self, job: J) -> J:
        """Accept a job; return it, or the one of the same identifier that was submitted before."""
        ...

    def holds(self, job: J) -> bool:
        """Return whether a job belongs to an experiment that is open: it will come to an end."""
        ...

    def preparations_of(self, task: Config, origins: Iterable[Node]) -> Iterable[Node]:
        """Return what is to be prepared before a task that requires these nodes."""
        ...

    def watch_output(self, job: J, method: Any, callback: Callable[[Any], Any]) -> None:
        """Call back for each output of a job."""
        ...

    def on_completed(self, job: J, callback: Callable[[], Any]) -> None:
        """Call back when a job is done."""
        ...

    def add_action(self, action: Any) -> str:
        """Register what can be done later; return its identifier."""
        ...

    def service_log_folder(self, service_id: str) -> Path | None:
        """Return a new folder for the logs of a service; `None` when nothing is written."""
        ...


class JobObserver(Protocol[J]):
    """What an experiment is to the engine, which calls it in its own thread: return at once.

    Attributes:
        stop_cause: the job whose failure has stopped the experiment; set by the engine.
    """

    stop_cause: J | None

    @property
    def plan(self) -> Plan[J]:
        """The experiment, for which its callbacks work."""
        ...

    @property
    def jobs(self) -> Mapping[tuple[str, str], J]:
        """The jobs of the experiment by task and identifier; added to in the plan's thread."""
        ...

    @property
    def stops(self) -> bool:
        """Whether nothing more is started once a job has failed."""
        ...

    def all_ended(self) -> bool:
        """Return whether all that was submitted has ended, and all callbacks have returned."""
        ...

    def job_joined(self, job: J) -> None:
        """Take in a job that belongs to the experiment from here on."""
        ...

    def job_required(self, job: J) -> None:
        """Note that a job is to be run."""
        ...

    def job_changed(self, job: J, old: JobState, new: JobState) -> None:
        """Note that a job has changed its state."""
        ...

    def job_generated(self) -> None:
        """Note that the folder of a job that is not to be run was written."""
        ...

    def job_left_out(self) -> None:
        """Note that a job is not to be run: only its preparations were wanted."""
        ...

    def preparation_began(self) -> None:
        """Note that a preparation has begun that is wanted for itself, not for a job."""
        ...

    def preparation_ended(self, preparation: Node) -> None:
        """Such a preparation has ended."""
        ...

    def callback_began(self) -> None:
        """Note that a callback is to be called: the experiment ends after its return."""
        ...

    def callback_ended(self) -> None:
        """Such a callback has returned, or failed."""
        ...

    def callback_failed(self, text: str) -> None:
        """Note that a callback has raised an error."""
        ...

    def flush(self) -> None:
        """Write and show what has changed."""
        ...

    def next_flush(self) -> float:
        """Return the seconds until `flush` is to be called though nothing has happened."""
        ...

    def close(self) -> None:
        """Write the end of the run."""
        ...


class Engine(Protocol[J]):
    """What brings the jobs of experiments from state to state."""

    def attach(self, observer: JobObserver[J]) -> None:
        """Begin an experiment."""
        ...

    def detach(self, observer: JobObserver[J]) -> None:
        """End an experiment: forget its jobs; those that run go on."""
        ...

    def runs(self, observer: JobObserver[J]) -> bool:
        """Return whether an experiment has begun and not ended."""
        ...

    def find(self, job: J) -> J | None:
        """Return the job of the same identifier that was submitted before, unless it failed."""
        ...

    def holds(self, job: J) -> bool:
        """Return whether a job belongs to an experiment that is open."""
        ...

    def submit(self, job: J, observer: JobObserver[J]) -> None:
        """Take a job in, for an experiment; return at once."""
        ...

    def join(self, job: J, observer: JobObserver[J]) -> None:
        """Have a job that was submitted before belong to another experiment too."""
        ...

    def submitted_again(self, job: J, mode: TransientMode) -> None:
        """Note that a job was submitted once more: the most conservative mode holds."""
        ...

    def preparations_of(self, task: Config, origins: Iterable[Node]) -> Iterable[Node]:
        """Return what is to be prepared before a task that requires these nodes."""
        ...

    def watch_output(
        self, job: J, observer: JobObserver[J], method: Any, callback: Callable[[Any], Any]
    ) -> None:
        """Call back for each output of a job, which is run even if nothing else requires it."""
        ...

    def on_completed(self, job: J, observer: JobObserver[J], callback: Callable[[], Any]) -> None:
        """Call back when a job is done."""
        ...

    def service_added(self, service: Any) -> None:
        """Note that a service was added to an experiment; called in the engine's thread."""
        ...

    def wait_for(self, job: J) -> None:
        """Block until a job has ended; it is run even if nothing else requires it."""
        ...

    def wait_for_all(self, observer: JobObserver[J]) -> None:
        """Block until all that an experiment has submitted has ended."""
        ...

    def removable(self, observer: JobObserver[J]) -> list[J]:
        """Return the jobs of an experiment whose folders are to be removed at its end."""
        ...

    def finish_archives(self) -> None:
        """Block until all that is to be archived so far has been."""
        ...

    def call(self, function: Callable[[], None]) -> None:
        """Call a function in the engine's thread, and wait for it."""
        ...

    def post(self, function: Callable[..., None], *arguments: object) -> None:
        """Have a function called in the engine's thread."""
        ...
