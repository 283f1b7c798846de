"""The states of a job and the transitions between them: all of them, in one table."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar


class JobFailureStatus(Enum):
    """Why a job failed.

    `DEPENDENCY`: something it requires has failed, and it was not started. `FAILED`: an
    exception, an exit status or a signal. `MEMORY`: too little of it. `TIMEOUT`: its time
    limit. `CANCELLED`: a signal has stopped it. `DELETED`: its folder was deleted. `LOST`: its
    process is gone, and nobody knows why.
    """

    DEPENDENCY = "dependency"
    FAILED = "failed"
    MEMORY = "memory"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    LOST = "lost"

    @classmethod
    def parse(cls, text: str | None) -> JobFailureStatus:
        """Return the status of that name, in any case; `FAILED` for a name that is not known."""
        try:
            return cls((text or "failed").lower())
        except ValueError:
            return cls.FAILED


class JobState:
    """A state of a job; compare it with the constants of this class.

    `UNSCHEDULED` (not to be run so far), `WAITING` (for what it requires), `READY` (for tokens
    and a slot), `SCHEDULED` (being started), `RUNNING`, `DONE`, `ERROR`. Every error state
    equals `JobState.ERROR`, whatever its reason.

    >>> from xpm_scheduler import JobFailureStatus, JobState, JobStateError
    >>> state = JobStateError(JobFailureStatus.TIMEOUT)
    >>> state == JobState.ERROR, state.finished(), state.failure_reason.value
    (True, True, 'timeout')
    """

    __slots__ = ("_rank", "name")

    UNSCHEDULED: ClassVar[JobState]
    WAITING: ClassVar[JobState]
    READY: ClassVar[JobState]
    SCHEDULED: ClassVar[JobState]
    RUNNING: ClassVar[JobState]
    DONE: ClassVar[JobState]
    ERROR: ClassVar[JobState]

    def __init__(self, name: str, rank: int) -> None:
        self.name = name
        self._rank = rank

    @property
    def failure_reason(self) -> JobFailureStatus | None:
        """Why the job failed; `None` in all states but errors."""
        return None

    @property
    def value(self) -> str:
        """The name as files have it: lower case."""
        return self.name.lower()

    def is_unscheduled(self) -> bool:
        """Return whether the job was never handed to the scheduler (or never could start)."""
        return self._rank == 0

    def notstarted(self) -> bool:
        """Return whether the job has neither begun to run nor ended."""
        return self._rank < 3

    def running(self) -> bool:
        """Return whether the job was started and has not ended."""
        return 3 <= self._rank <= 4

    def finished(self) -> bool:
        """Return whether the job has ended, with success or not."""
        return self._rank >= 5

    def is_error(self) -> bool:
        """Return whether the job has failed."""
        return self._rank == 6

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobState) and self._rank == other._rank

    def __hash__(self) -> int:
        return self._rank

    def __repr__(self) -> str:
        return f"JobState.{self.name}"


class JobStateError(JobState):
    """An error state, with its reason."""

    __slots__ = ("_reason",)

    def __init__(self, reason: JobFailureStatus) -> None:
        super().__init__("ERROR", 6)
        self._reason = reason

    @property
    def failure_reason(self) -> JobFailureStatus:
        return self._reason

    def __repr__(self) -> str:
        return f"JobState.ERROR({self._reason.value})"


JobState.UNSCHEDULED = JobState("UNSCHEDULED", 0)
JobState.WAITING = JobState("WAITING", 1)
JobState.READY = JobState("READY", 2)
JobState.SCHEDULED = JobState("SCHEDULED", 3)
JobState.RUNNING = JobState("RUNNING", 4)
JobState.DONE = JobState("DONE", 5)
JobState.ERROR = JobStateError(JobFailureStatus.FAILED)


def same_state(one: JobState, other: JobState) -> bool:
    """Return whether two states are the same, reasons of errors included."""
    return one == other and one.failure_reason is other.failure_reason


#: From each state, the states that may follow, and what makes the change.
TRANSITIONS: dict[JobState, dict[JobState, str]] = {
    JobState.UNSCHEDULED: {
        JobState.WAITING: "submitted, with dependencies that have not ended",
        JobState.READY: "submitted, with all dependencies done",
        JobState.DONE: "its success marker is there, so that it requires nothing",
        JobState.ERROR: "submitted, with a dependency that failed, or after the plan was stopped",
    },
    JobState.WAITING: {
        JobState.READY: "the last dependency is done",
        JobState.ERROR: "a dependency failed, or the plan was stopped",
    },
    JobState.READY: {
        JobState.SCHEDULED: "capacity was granted and the attempt is on disk",
        JobState.RUNNING: "found running: started by another driver",
        JobState.DONE: "its success marker is there",
        JobState.ERROR: "it cannot be started, or is not to be any more",
    },
    JobState.SCHEDULED: {
        JobState.READY: "another driver was faster, the launcher could not start it now, or "
        "it is resumable and goes on",
        JobState.RUNNING: "the launcher has a process for it",
        JobState.DONE: "its success marker is there",
        JobState.ERROR: "it could not be started, or ended without success",
    },
    JobState.RUNNING: {
        JobState.READY: "the process of another driver is gone without a success marker, or "
        "it is resumable and goes on",
        JobState.DONE: "its success marker is there",
        JobState.ERROR: "its process ended without a success marker",
    },
    JobState.DONE: {},
    JobState.ERROR: {},
}
