"""How many jobs of an experiment are in which state."""

from __future__ import annotations

from xpm_scheduler._graph.states import JobFailureStatus, JobState


class Counts:
    """How many jobs are in which state; changed in the scheduler's thread alone."""

    __slots__ = (
        "before",
        "callbacks",
        "deferred",
        "done",
        "failed",
        "generated",
        "jobs",
        "left_out",
        "preparing",
        "running",
        "skipped",
    )

    def __init__(self) -> None:
        self.jobs = self.running = self.done = self.before = self.failed = self.skipped = 0
        #: Jobs that are run only if something requires them, which nothing does (yet).
        self.deferred = 0
        #: Jobs that are not to be run.
        self.generated = self.left_out = 0
        #: Preparations that run for such jobs.
        self.preparing = 0
        #: Callbacks that the ends of jobs have called, and that have not returned.
        self.callbacks = 0

    @property
    def finished(self) -> int:
        """Number of jobs that have ended, or are not to be started."""
        ended = self.done + self.failed + self.skipped
        return ended + self.generated + self.left_out + self.deferred

    def nothing_left(self, jobs: int) -> bool:
        """Return whether all jobs have ended.

        Args:
            jobs: number of jobs that were submitted, known here or not yet.
        """
        return self.finished >= jobs and not (self.preparing or self.callbacks)

    @property
    def waiting(self) -> int:
        """Number of jobs that are still to be started."""
        return self.jobs - self.running - self.finished

    def add(self, state: JobState) -> None:
        """Count a job that joins in this state."""
        self.jobs += 1
        self._count(state, 1)

    def remove(self, state: JobState) -> None:
        """Count no more a job that leaves in this state."""
        self.jobs -= 1
        self._count(state, -1)

    def move(self, old: JobState, new: JobState) -> None:
        """Count a job that goes from one state to another."""
        self._count(old, -1)
        self._count(new, 1)

    def _count(self, state: JobState, step: int) -> None:
        if state.running():
            self.running += step
        elif state == JobState.DONE:
            self.done += step
        elif state.is_error():
            if state.failure_reason is JobFailureStatus.DEPENDENCY:
                self.skipped += step
            else:
                self.failed += step
