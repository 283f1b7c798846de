"""What a reader gets: jobs, changes, and what could not be read."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_os.jsonl import Problem
from xpm_scheduler._graph.states import JobFailureStatus, JobState

from .job_folder import JobDetails, read_details

if TYPE_CHECKING:
    from .interfaces import RecordSource


class ExperimentStatus(Enum):
    """How a run of an experiment stands, as its driver has recorded it."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @classmethod
    def parse(cls, text: object) -> ExperimentStatus:
        """Return the status of that name; `RUNNING` for one that does not mean an end."""
        if text == "completed":
            return cls.DONE
        return cls(text) if text in ("done", "failed") else cls.RUNNING


class JobRecord:
    """A job, by its run or its folder. It changes when what it comes from is refreshed.

    Kept small, since a run may have 100,000 of them: tags and dependencies are read when
    one of them is first asked for, and what only the job's folder has each time it is.

    Attributes:
        job_id: the identifier, 64 hexadecimal digits.
        task_id: the identifier of the task's type.
        state: where the job stands.
        submitted: when it was submitted in this run, in seconds since the epoch, or `None`.
        started: when it began to run, or `None` when it did not, or not seen by the run.
        ended: when the run learned of its end, or `None`.
        found_done: whether it was done before this run.
        retry_count: how often a resumable job was executed so far (0 for others).
        message: why it failed; empty when it did not, or that is not known.
        blame: `<task id>/<job id>` of what failed when this one could not start for it.
    """

    __slots__ = (
        "_source",
        "blame",
        "ended",
        "found_done",
        "job_id",
        "message",
        "retry_count",
        "started",
        "state",
        "submitted",
        "task_id",
    )

    def __init__(
        self,
        job_id: str,
        task_id: str,
        state: JobState,
        found_done: bool = False,
        submitted: float | None = None,
        started: float | None = None,
        ended: float | None = None,
        source: RecordSource | None = None,
    ) -> None:
        self.job_id = job_id
        self.task_id = task_id
        self.state = state
        self.found_done = found_done
        self.submitted = submitted
        self.started = started
        self.ended = ended
        self._source = source
        self.retry_count = 0
        self.message = ""
        self.blame: str | None = None

    @property
    def failure_reason(self) -> JobFailureStatus | None:
        """Why it failed, `None` in all states but errors."""
        return self.state.failure_reason

    @property
    def locator(self) -> str:
        """`<task id>/<job id>`."""
        return f"{self.task_id}/{self.job_id}"

    @property
    def name(self) -> str:
        """The short name of the task."""
        return self.task_id.rpartition(".")[2]

    @property
    def path(self) -> Path:
        """The job's folder."""
        return Path(self._known_source().job_path(self.task_id, self.job_id))

    @property
    def tags(self) -> dict[str, Any]:
        """The tags, `{name: value}`."""
        return self._known_source().static(self.job_id).tags

    @property
    def depends_on(self) -> list[str]:
        """The identifiers of the jobs that must be done before."""
        return self._known_source().static(self.job_id).depends_on

    @property
    def transient(self) -> str | None:
        """`"transient"` or `"remove"` for a job that is run only if something needs it."""
        return self._known_source().static(self.job_id).transient

    def details(self) -> JobDetails:
        """Return what is in the job's folder now; its files are read at each call."""
        return read_details(str(self.path), self.name)

    @property
    def progress(self) -> list[dict[str, Any]]:
        """How far it is: `{"level", "progress" (0 to 1), "desc"}` a level; read anew."""
        return self.details().progress

    @property
    def exit_code(self) -> int | None:
        """The exit status of a job that has failed; read anew."""
        return self.details().exit_code

    def take(self, other: JobRecord) -> bool:
        """Take over the values of another record of the same job; return whether they are new."""
        names = JobRecord.__slots__
        if all(getattr(self, name) == getattr(other, name) for name in names) and (
            self.failure_reason is other.failure_reason
        ):
            return False
        for name in names:
            setattr(self, name, getattr(other, name))
        return True

    def _known_source(self) -> RecordSource:
        if self._source is None:
            raise ValueError(f"{self.locator}: this record belongs to no workspace")
        return self._source

    def __repr__(self) -> str:
        return f"JobRecord({self.locator}, {self.state!r})"


class Changes(NamedTuple):
    """What a refresh has brought; true when there is something.

    Attributes:
        jobs: the jobs that are new or have changed, each once.
        run: whether something about the run itself has changed.
        problems: what could not be read, and was not reported before.
    """

    jobs: list[JobRecord]
    run: bool
    problems: list[Problem]

    def __bool__(self) -> bool:
        return bool(self.jobs or self.run or self.problems)
