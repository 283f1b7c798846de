"""What depends on what: the part of a job that the decisions are about."""

from __future__ import annotations

from enum import IntEnum

from .states import JobFailureStatus, JobState, JobStateError


class TransientMode(IntEnum):
    """What to do with a task whose result only other tasks use.

    Of several modes for one task, the smallest holds.
    """

    #: Run it, and keep its folder.
    NONE = 0
    #: Run it only if something that is run requires it.
    TRANSIENT = 1
    #: As `TRANSIENT`, and delete its folder at the end of the experiment.
    REMOVE = 2


class JobDependency:
    """The fact that something requires something else to be done.

    Attributes:
        origin: what is required: a job, or what is to be prepared for a job.
        target: the job that requires it.
    """

    __slots__ = ("origin", "target")

    def __init__(self, origin: Node, target: Node) -> None:
        self.origin = origin
        self.target = target


class Node:
    """Something with a state that others may depend on: a job, or a preparation.

    A record: it changes only in the scheduler's thread, by the table of `states`.

    Attributes:
        state: where it stands.
        origins: what it requires.
        dependents: what waits for it; `None` for nothing.
        pending: number of origins that are not done.
        cause: what has failed, when it failed because of something else.
        message: why it failed.
        required: whether it is to be run; a transient job, or a preparation, is to be run only
            once something that is run requires it.
    """

    __slots__ = (
        "__weakref__",
        "cause",
        "dependents",
        "message",
        "origins",
        "pending",
        "required",
        "state",
    )

    def __init__(self, origins: tuple[Node, ...] = ()) -> None:
        self.state: JobState = JobState.UNSCHEDULED
        self.origins = origins
        self.dependents: list[Node] | None = None
        self.pending = 0
        self.cause: Node | None = None
        self.message = ""
        self.required = False

    @property
    def locator(self) -> str:
        """A name for files and messages."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """A short description for people."""
        raise NotImplementedError

    def required_by(self, target: Node) -> JobDependency:
        """Return the fact that a job requires this."""
        return JobDependency(self, target)

    def fail(self, reason: JobFailureStatus, message: str) -> JobStateError:
        """Remember why it fails, and return the state to move to."""
        self.message = message
        return JobStateError(reason)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.locator}, {self.state!r})"
