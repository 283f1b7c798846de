"""What is printed about an experiment at its end."""

from __future__ import annotations

from collections.abc import Iterable

from xpm_scheduler._job_folder.logs import last_lines
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._tasks.prepare import PrepareResource

from .counts import Counts

#: How many failed jobs are printed with their log's last lines; the others are only named.
_DETAILED = 5


def summary(name: str, jobs: Iterable[Job], counts: Counts, seconds: float) -> str:
    """Return what to print at the end of an experiment.

    Args:
        name: the experiment.
        jobs: its jobs.
        counts: how they ended.
        seconds: how long it took.

    Returns:
        Some lines: the counts; each failed job with its reason, log and the log's end; what
        could not be started because of which failure.
    """
    word = "task" if counts.jobs == 1 else "tasks"
    lines = [f"{name}: {counts.jobs} {word}: {', '.join(_parts(counts))}, in {seconds:.1f} s"]
    if counts.failed or counts.skipped:
        failed = [job for job in jobs if job.state.is_error()]
        lines += _failures(job for job in failed if job.cause is None)
        lines += _skipped(job for job in failed if job.cause is not None)
    return "\n".join(lines)


def _parts(counts: Counts) -> list[str]:
    """Return the counts that are not zero, a text each."""
    before = f" ({counts.before} before)" if counts.before else ""
    numbers = {
        "generated": counts.generated,
        "not run": counts.left_out,
        f"done{before}": counts.done,
        "failed": counts.failed,
        "not started": counts.skipped,
        "not needed": counts.deferred,
        "unfinished": counts.jobs - counts.finished,
    }
    shown = {text: number for text, number in numbers.items() if number}
    if not (counts.generated or counts.left_out):
        shown = {f"done{before}": counts.done, **shown}
    return [f"{number} {text}" for text, number in shown.items()]


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
        cause = job.cause
        if cause is None:
            continue
        if cause.label not in by_cause and isinstance(cause, PrepareResource):
            lines.append(f"  failed: {cause.label}: {cause.message}")
        by_cause.setdefault(cause.label, []).append(job)
    for label, skipped in by_cause.items():
        names = ", ".join(job.label for job in skipped[:_DETAILED])
        more = f" and {len(skipped) - _DETAILED} more" if len(skipped) > _DETAILED else ""
        lines.append(f"  not started because {label} failed: {names}{more}")
    return lines
