"""What depends on what: the part of a job that the decisions are about."""

from __future__ import annotations

from enum import IntEnum

from .states import JobFailureStatus, JobState, JobStateError


class TransientMode(IntEnum):
    """What to do with a task whose result only others need.

    Of several modes for one task, the smallest holds.
    """

    #: Run it, and keep its folder.
    NONE = 0
    #: Run it only if something that is run needs it.
    TRANSIENT = 1
    #: As ``TRANSIENT``, and delete its folder at the end of the experiment.
    REMOVE = 2


class JobDependency:
    """That something needs something else to be done.

    Attributes:
        origin: what is needed: a job, or what a job needs to be prepared.
        target: the job that needs it.
    """

    __slots__ = ("origin", "target")

    def __init__(self, origin: Node, target: Node) -> None:
        self.origin = origin
        self.target = target


class Node:
    """Something with a state that others may depend on: a job, or a preparation.

    A record: it changes only in the scheduler's thread, by the table of ``_states``.

    Attributes:
        state: where it stands.
        origins: what it needs.
        dependents: what waits for it; ``None`` for nothing.
        pending: number of origins that are not done.
        blame: what has failed, when it failed because of something else.
        message: why it failed.
        demanded: whether it is to be run; a transient job, or a preparation, is only once
            something that is run needs it.
    """

    __slots__ = (
        "__weakref__",
        "blame",
        "demanded",
        "dependents",
        "message",
        "origins",
        "pending",
        "state",
    )

    def __init__(self, origins: tuple[Node, ...] = ()) -> None:
        self.state: JobState = JobState.UNSCHEDULED
        self.origins = origins
        self.dependents: list[Node] | None = None
        self.pending = 0
        self.blame: Node | None = None
        self.message = ""
        self.demanded = False

    @property
    def locator(self) -> str:
        """What it is, for files and messages."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """What it is, in short, for people."""
        raise NotImplementedError

    def needed_by(self, target: Node) -> JobDependency:
        """That something needs this."""
        return JobDependency(self, target)

    def fail(self, reason: JobFailureStatus, message: str) -> JobStateError:
        """Remember why it fails, and return the state to move to."""
        self.message = message
        return JobStateError(reason)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.locator}, {self.state!r})"
