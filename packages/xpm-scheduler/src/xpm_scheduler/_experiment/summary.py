"""How many jobs of an experiment are in which state, and what is said of it at its end."""

from __future__ import annotations

from collections.abc import Iterable

from xpm_scheduler._engine.job_folder import last_lines
from xpm_scheduler._graph.states import JobFailureStatus, JobState
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.prepare import PrepareResource

#: How many failed jobs are told with their log's last lines; the others are only named.
_DETAILED = 5


class Counts:
    """How many jobs are in which state; changed in the scheduler's thread alone."""

    __slots__ = (
        "asleep",
        "before",
        "callbacks",
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
        #: Jobs that are run only if needed, and are not (yet).
        self.asleep = 0
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
        return ended + self.generated + self.left_out + self.asleep

    def nothing_left(self, jobs: int) -> bool:
        """Whether all jobs have ended.

        Args:
            jobs: number of jobs that were submitted, known here or not yet.
        """
        return self.finished >= jobs and not (self.preparing or self.callbacks)

    @property
    def waiting(self) -> int:
        """Number of jobs that are still to be started."""
        return self.jobs - self.running - self.finished

    def add(self, state: JobState) -> None:
        """A job joins in this state."""
        self.jobs += 1
        self._count(state, 1)

    def remove(self, state: JobState) -> None:
        """A job in this state leaves."""
        self.jobs -= 1
        self._count(state, -1)

    def move(self, old: JobState, new: JobState) -> None:
        """A job goes from one state to another."""
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


def summary(name: str, jobs: Iterable[Job], counts: Counts, seconds: float) -> str:
    """What to say at the end of an experiment.

    Args:
        name: the experiment.
        jobs: its jobs.
        counts: how they ended.
        seconds: how long it took.

    Returns:
        Some lines: the counts; each failed job with its reason, log and the log's end; what
        could not be started because of which failure.
    """
    parts = [f"{counts.generated} generated"] if counts.generated else []
    if counts.left_out:
        parts.append(f"{counts.left_out} not run")
    if counts.done or not parts:
        before = f" ({counts.before} before)" if counts.before else ""
        parts.append(f"{counts.done} done{before}")
    if counts.failed:
        parts.append(f"{counts.failed} failed")
    if counts.skipped:
        parts.append(f"{counts.skipped} not started")
    if counts.asleep:
        parts.append(f"{counts.asleep} not needed")
    unfinished = counts.jobs - counts.finished
    if unfinished:
        parts.append(f"{unfinished} unfinished")
    word = "task" if counts.jobs == 1 else "tasks"
    lines = [f"{name}: {counts.jobs} {word}: {', '.join(parts)}, in {seconds:.1f} s"]
    if counts.failed or counts.skipped:
        failed = [job for job in jobs if job.state.is_error()]
        lines += _failures(job for job in failed if job.blame is None)
        lines += _skipped(job for job in failed if job.blame is not None)
    return "\n".join(lines)


def _failures(jobs: Iterable[Job]) -> list[str]:
    lines: list[str] = []
    for number, job in enumerate(jobs):
        reason = job.state.failure_reason
        text = reason.value if reason is not None else "failed"
        if job.message:
            text = job.message if text == "failed" else f"{text}: {job.message}"
        lines.append(f"  failed: {job.label}: {text}")
        if job.token is None and job.starttime is None:
            continue  # it was not started: the log there is of an earlier time
        lines.append(f"    log: {job.stderr}")
        if number < _DETAILED:
            lines += [f"    | {line}" for line in last_lines(job.stderr)]
    return lines


def _skipped(jobs: Iterable[Job]) -> list[str]:
    by_cause: dict[str, list[Job]] = {}
    lines: list[str] = []
    for job in jobs:
        if job.blame is None:
            continue
        if job.blame.label not in by_cause and isinstance(job.blame, PrepareResource):
            lines.append(f"  failed: {job.blame.label}: {job.blame.message}")
        by_cause.setdefault(job.blame.label, []).append(job)
    for cause, skipped in by_cause.items():
        names = ", ".join(job.label for job in skipped[:_DETAILED])
        more = f" and {len(skipped) - _DETAILED} more" if len(skipped) > _DETAILED else ""
        lines.append(f"  not started because {cause} failed: {names}{more}")
    return lines
