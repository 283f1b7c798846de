"""What follows from what: the decisions about jobs, without any I/O.

Every change of a job's state is made by :func:`move` or :func:`submit`, checked against the
table of ``_states``, and *returned*, so that whoever does the I/O sees all that happened.
"""

from __future__ import annotations

from typing import NamedTuple

from ._job import Job
from ._states import TRANSITIONS, JobFailureStatus, JobState


class Change(NamedTuple):
    """A job has gone from one state to another."""

    job: Job
    old: JobState
    new: JobState


def submit(job: Job) -> list[Change]:
    """Take a job in: count the dependencies left, and say where it stands.

    Args:
        job: in state ``UNSCHEDULED``; its ``origins`` were submitted before it.

    Returns:
        The changes, in order.
    """
    pending = 0
    for origin in job.origins:
        if origin.state == JobState.ERROR:
            return [_fail_for(job, origin)]
        if origin.state != JobState.DONE:
            pending += 1
            if origin.dependents is None:
                origin.dependents = []
            origin.dependents.append(job)
    job.pending = pending
    return [_change(job, JobState.WAITING if pending else JobState.READY)]


def move(job: Job, new: JobState) -> list[Change]:
    """Change the state of a job, and of those that depend on it.

    Returns:
        The changes, this job's first. Cost: one step for each dependent reached.
    """
    changes = [_change(job, new)]
    if new == JobState.DONE:
        for dependent in _take_dependents(job):
            dependent.pending -= 1
            if dependent.pending == 0 and dependent.state == JobState.WAITING:
                changes.append(_change(dependent, JobState.READY))
    elif new == JobState.ERROR:
        # Breadth first and without recursion: a chain may be 100,000 jobs long.
        for change in changes:
            for dependent in _take_dependents(change.job):
                if not dependent.state.finished():
                    changes.append(_fail_for(dependent, change.job))
    return changes


def _take_dependents(job: Job) -> list[Job]:
    dependents, job.dependents = job.dependents, None
    return dependents or []


def _fail_for(job: Job, origin: Job) -> Change:
    job.blame = origin.blame or origin
    reason = JobFailureStatus.DEPENDENCY
    return _change(job, job.fail(reason, f"{job.blame.locator} failed"))


def _change(job: Job, new: JobState) -> Change:
    old = job.state
    if new not in TRANSITIONS[old]:
        raise AssertionError(f"{job!r} cannot become {new!r}")
    job.state = new
    return Change(job, old, new)
