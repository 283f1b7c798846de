"""What is in a job's folder: its markers, its status, its own events."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any, NamedTuple

from xpm_launchers import LauncherError
from xpm_os.hosts import host_name
from xpm_os.locks import is_locked_alone
from xpm_scheduler._events.progress import read_levels
from xpm_scheduler._graph.states import JobFailureStatus, JobState, JobStateError
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler._workspace.markers import read_failure
from xpm_scheduler.exceptions import CorruptFileError


class JobDetails(NamedTuple):
    """What is in a job's folder.

    Attributes:
        state: `done` or `error` by the markers; `running` when its process lives, or is recorded
            as running on a host that cannot be asked; `unscheduled` when it is not there or
            nobody runs it; an error `lost` when it ran and its process is gone.
        started: when it was started last, in seconds since the epoch, or `None`.
        ended: when it ended, or `None`.
        exit_code: exit status of a job that has failed, or `None`.
        message: why it failed; empty when it did not, or that is not known.
        retry_count: how often a resumable job was executed so far.
        progress: `{"level", "progress" (0 to 1), "desc"}`, a level each, the outermost first.
        process: the process that runs it, `{"type", "pid", "host", …}`, or `None`.
        problems: what could not be read, a text each, beginning with the file.
    """

    state: JobState
    started: float | None
    ended: float | None
    exit_code: int | None
    message: str
    retry_count: int
    progress: list[dict[str, Any]]
    process: dict[str, Any] | None
    problems: tuple[str, ...]


def read_details(path: str, name: str) -> JobDetails:
    """Read the folder of a job, as it is now.

    Args:
        path: the job's folder; it need not be there.
        name: short name of the task.
    """
    folder = JobFolder(path, name)
    problems: list[str] = []
    status = _object(folder.status, problems) or {}
    # The marker is looked for after the status was read, and the job writes it last: a job that
    # is done is never shown with the status of one that runs.
    observed = observe(folder, status, problems)
    retries = status.get("retry_count")
    return JobDetails(
        state=observed.state,
        started=iso_seconds(status.get("started_time")),
        ended=iso_seconds(status.get("ended_time")),
        exit_code=observed.code,
        message=observed.message,
        retry_count=retries if isinstance(retries, int) else 0,
        progress=read_levels(folder, status, problems),
        process=observed.process,
        problems=tuple(problems),
    )


class Observation(NamedTuple):
    """The state of a job, as it can be seen without touching anything."""

    state: JobState
    code: int | None = None
    message: str = ""
    process: dict[str, Any] | None = None


def observe(
    folder: JobFolder, status: dict[str, Any] | None = None, problems: list[str] | None = None
) -> Observation:
    """Return the state of a job by its folder, without a lock that others may want.

    Args:
        folder: where to look.
        status: the content of the job's status file, when it was read already.
        problems: gets what cannot be read.
    """
    problems = problems if problems is not None else []
    if folder.is_done():
        return Observation(JobState.DONE)
    claim = _object(folder.pid, problems)
    if claim is not None and _lives(claim, folder):
        return Observation(JobState.RUNNING, process=claim)
    try:
        failure = read_failure(folder)
    except CorruptFileError as error:
        problems.append(str(error))
        return Observation(JobStateError(JobFailureStatus.FAILED), message=str(error))
    if failure is not None:
        return Observation(JobStateError(failure.reason), failure.code, failure.message)
    if folder.is_done():  # it ended between the first look and the second
        return Observation(JobState.DONE)
    status = status if status is not None else _object(folder.status, problems) or {}
    process = status.get("process")
    if status.get("state") == "running" and isinstance(process, dict):
        # The claim is written by its driver, which may have died before: the job itself knows.
        if _lives(process, folder):
            return Observation(JobState.RUNNING, process=process)
        return Observation(
            JobStateError(JobFailureStatus.LOST), message="its process is gone, without a result"
        )
    return Observation(JobState.UNSCHEDULED)


def _lives(handle: dict[str, Any], folder: JobFolder) -> bool:
    if handle.get("type") == "local" and handle.get("host") != host_name():
        # Its host cannot be asked. Release 2.x holds the lock alone; of others, what is
        # recorded stands until a marker says otherwise.
        return not os.path.exists(folder.old_lock) or is_locked_alone(folder.old_lock)
    # Not loaded by a plan that finds all done.
    from xpm_launchers import process_from_handle

    try:
        return process_from_handle(handle).is_running()
    except (LauncherError, OSError):
        return False


def _object(path: str, problems: list[str]) -> dict[str, Any] | None:
    try:
        return read_json_object(path)
    except (CorruptFileError, OSError) as error:
        problems.append(str(error))
        return None


def iso_seconds(text: object) -> float | None:
    """Return an ISO 8601 time (local, unless it says otherwise) in seconds since the epoch."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
