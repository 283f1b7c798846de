"""What an experiment follows of its jobs, in the scheduler's thread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xpm_scheduler._graph.states import JobState
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.prepare import PrepareResource

from .progress_line import LiveLine
from .run_writer import RunRecords
from .summary import Counts

if TYPE_CHECKING:
    from .experiment import experiment


class Tracking:
    """The part of an experiment that is told what happens to its jobs, and writes it down."""

    def __init__(self) -> None:
        self.counts = Counts()
        #: What has failed and is no job: preparations that were all that was wanted, callbacks.
        self.other_failures: list[str] = []
        self._records: RunRecords | None = None
        self._live: LiveLine | None = None
        self._status = "failed"
        self._asleep: set[Job] = set()

    def job_joined(self, job: Job) -> None:
        """A job is in the experiment now."""
        self.counts.add(job.state)
        if job.sleeps:
            self._asleep.add(job)
            self.counts.asleep += 1
        assert self._records is not None
        self._records.submitted(job)

    def job_changed(self, job: Job, old: JobState, new: JobState) -> None:
        """A job has changed its state."""
        self.counts.move(old, new)
        if new == JobState.DONE and job.found_done:
            self.counts.before += 1
        assert self._records is not None
        self._records.changed(job, new)

    def job_demanded(self, job: Job) -> None:
        """A job is to be run: it may have been asleep until something needed it."""
        if job in self._asleep:
            self._asleep.remove(job)
            self.counts.asleep -= 1

    def job_left_out(self) -> None:
        """A job is not to be run: only what is to be prepared for it was wanted."""
        self.counts.left_out += 1

    def job_generated(self) -> None:
        """A job that is not to be run has got what it gets instead."""
        self.counts.generated += 1

    def job_forgotten(self, job: Job) -> None:
        """A job that has failed is tried again: it must not count twice."""
        self.counts.remove(job.state)

    def preparing(self: experiment, resource: PrepareResource) -> None:  # type: ignore[misc]
        """A preparation is wanted for itself, not for a job that is run."""
        if self not in resource.experiments and not resource.state.finished():
            resource.experiments.append(self)
            self.counts.preparing += 1

    def prepared(self, resource: PrepareResource) -> None:
        """A preparation that was wanted for itself has ended."""
        self.counts.preparing -= 1
        if resource.state == JobState.ERROR:
            self.other_failures.append(f"{resource.label}: {resource.message}")

    def callback_failed(self, text: str) -> None:
        """The plan's own code has failed when it was called back."""
        self.other_failures.append(text)

    def flush(self) -> None:
        """Write and show what has changed."""
        if self._records is not None:
            self._records.flush()
        if self._live is not None:
            self._live.refresh()

    def next_flush(self) -> float:
        """Seconds until :meth:`flush` wants to be called though nothing has happened."""
        records = self._records.next_flush() if self._records is not None else math.inf
        if self._live is not None and self.counts.finished < self.counts.jobs:
            return min(self._live.due_in(), records)
        return records

    def close_records(self) -> None:
        """Write the end of the run."""
        if self._live is not None:
            self._live.close()
            self._live = None
        assert self._records is not None
        self._records.close(self._status)
