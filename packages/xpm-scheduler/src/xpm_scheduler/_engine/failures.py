"""How a job failed, where its process has left little or nothing; and whether it may go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_scheduler._graph.states import JobFailureStatus
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.attempts import executions
from xpm_scheduler._workspace.markers import Failure, read_failure

if TYPE_CHECKING:
    from xpm_launchers import ProcessExit

#: For how long a marker is looked for that is not there (seconds): after success, and when
#: it is not known how the process ended.
_LONGEST_PATIENCE, _SHORT_PATIENCE = 5.0, 1.0

#: How an execution of a resumable job may fail for the job to go on: not by the task itself.
_GOES_ON = (JobFailureStatus.TIMEOUT, JobFailureStatus.LOST)


def marker_patience(exit: ProcessExit | None) -> float:
    """Return for how long the marker of a job is looked for whose process has ended, in seconds.

    Long when it should be there, for a moment when nobody knows, not at all after a crash.
    """
    if exit is not None and exit.code is not None:
        return _LONGEST_PATIENCE if exit.code == 0 else 0.0
    return _SHORT_PATIENCE


def failure_without_marker(exit: ProcessExit | None) -> Failure:
    """Return how a job failed whose process left no marker.

    Args:
        exit: what the launcher reports; `None` when it was another driver's process.
    """
    if exit is None or (exit.code is None and exit.reason is None):
        message = "its process is gone, and has left no result"
        return Failure(JobFailureStatus.LOST, 1, message)
    reason = JobFailureStatus.parse(exit.reason)
    code = 1 if exit.code is None else exit.code
    message = exit.message or f"its process ended with status {code}, and has left no result"
    return Failure(reason, code, message)


def final_failure(job: Job, failure: Failure) -> Failure | None:
    """Return the failure of a job after an execution; `None` when it is executed again."""
    if not job.resumable or failure.reason not in _GOES_ON:
        return failure
    count = executions(job.folder)
    return None if count < job.max_retries else _after(count, failure)


def exhausted_failure(job: Job) -> Failure | None:
    """Return how a resumable job failed that may not be executed again; `None` if it may."""
    count = executions(job.folder)
    if count == 0 or count < job.max_retries:
        return None
    failure = read_failure(job.folder)
    if failure is None:
        failure = Failure(JobFailureStatus.LOST, 1, "its last process has left no result")
    return _after(count, failure)


def _after(count: int, failure: Failure) -> Failure:
    times = "once" if count == 1 else f"{count} times"
    text = f"was executed {times}, as often as max_retries allows"
    return failure._replace(message=f"{failure.message} ({text})" if failure.message else text)
