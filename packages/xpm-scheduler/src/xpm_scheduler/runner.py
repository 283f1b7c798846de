"""The job side: what a job's process does, from taking the job to its terminal marker.

Started by a launcher as `main(<job folder>, <token>)`, or by hand with `python <name>.py` in the
job's folder. Kept light: it is forked for every job.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from xpm_os.files import write_atomic
from xpm_os.hosts import host_name

from ._runner.cancellation import Cancellation, ignore_signals, release_children
from ._runner.execution import execute, exit_status, flush_output, hold_nothing, hold_tokens
from ._runner.reporter import JobReporter, say
from ._tasks.task import Task
from ._workspace.attempts import (
    FENCED,
    Attempt,
    JobLock,
    executions,
    new_attempt,
    owns,
    read_attempt,
    take,
)
from ._workspace.layout import JobFolder
from ._workspace.markers import Failure, write_failure
from .exceptions import SchedulerError
from .taskglobals import Env, is_main_process

# Every module that defines a task needs these: made ready in the fork server, they are not
# made again in each job.
Task.__getxpmtype__()


def main(folder: str, token: str) -> int:
    """Run a job, if it is this process's to run.

    Args:
        folder: the job's folder.
        token: the attempt this process was started for.

    Returns:
        The exit status: 0 when the task has succeeded.
    """
    job = JobFolder.at(Path(folder))
    Env.instance().remaining_time()  # read now: the clock may be set while the job runs
    if not is_main_process():
        # Rank 0 takes the job, reports and marks for all the processes of it.
        release_children(None)
        return exit_status(execute(job, Cancellation(), hold_nothing))
    try:
        return _take_and_run(job, token)
    except (OSError, SchedulerError) as error:
        # About files of the job: what users' code raises becomes a failure of the task.
        say(f"{job.name}: {error}")
        return 1


def _take_and_run(job: JobFolder, token: str) -> int:
    taken = take(job, token)
    if taken is None:
        say(f"{job.name}: not this process's to run; leaving")
        return FENCED
    lock, attempt = taken
    release_children(lock)
    return _run(job, attempt, lock)


def by_hand(folder: str | Path) -> int:
    """Run the job of a folder in this process, however it was started before.

    Args:
        folder: the job's folder.

    Returns:
        The exit status.
    """
    job = JobFolder.at(Path(folder).resolve())
    if not is_main_process():
        # Whether the job is to be run, and that it is, is rank 0's matter.
        os.chdir(job.path)
        return main(job.path, "")
    if job.is_done():
        say(f"{job.name} is done already: {job.done}")
        return 0
    try:
        token = _begin_by_hand(job)
    except (OSError, SchedulerError) as error:
        say(f"{job.name}: {error}")
        return 1
    if token is None:
        say(f"{job.name} is running already, or being started: {job.path}")
        return FENCED
    os.chdir(job.path)
    return main(job.path, token)


def _begin_by_hand(job: JobFolder) -> str | None:
    """Begin an attempt; return its token, `None` when somebody else has the job."""
    os.makedirs(job.private, exist_ok=True)
    lock = JobLock(job)
    if not lock.acquire(blocking=False):
        return None
    before = read_attempt(job)
    attempt = new_attempt(
        job,
        "by hand",
        executed=executions(job),
        resumable=before is not None and before.resumable,
    )
    if os.path.exists(job.failed):
        os.unlink(job.failed)
    lock.release()
    return attempt.token


def _run(job: JobFolder, attempt: Attempt, lock: JobLock) -> int:
    reporter = JobReporter(job, _initial_status(job, attempt))
    JobReporter.current = reporter
    reporter.state("running")
    cancellation = Cancellation()
    failure = execute(job, cancellation, hold_tokens)
    reason = cancellation.reason
    if reason is not None and (failure is None or failure.reason is not reason):
        message = failure.message if failure is not None else ""
        failure = Failure(reason, 1, message or "the job was told to stop")
    # From here on a signal would only tear the end.
    ignore_signals()
    flush_output()
    _finish(job, attempt.token, reporter, failure)
    lock.release()
    return exit_status(failure)


def _finish(job: JobFolder, token: str, reporter: JobReporter, failure: Failure | None) -> None:
    """Write how it ended; the terminal marker comes last, and only for the attempt's owner."""
    if not owns(job, token):
        say(f"{job.name}: another attempt has begun; its end is not recorded")
        return
    if failure is None:
        reporter.state("done")
        _mark_done(job)
    else:
        reporter.state("error", reason=failure.reason.value, code=failure.code)
        write_failure(job, failure)
    # The claim marks the job as active, which the marker has just ended.
    for path in (job.pid, job.locks):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _mark_done(job: JobFolder) -> None:
    try:
        write_atomic(job.done, "")
    except OSError as error:
        # The disk is full: a file that is there needs no room to get another name.
        try:
            os.replace(job.pid, job.done)
        except OSError:
            raise error from None


def _initial_status(job: JobFolder, attempt: Attempt) -> dict[str, Any]:
    path = Path(job.path)
    return {
        "job_id": path.name,
        "task_id": path.parent.name,
        "path": job.path,
        "state": "running",
        "failure_reason": None,
        "started_time": None,
        "ended_time": None,
        "exit_code": None,
        "retry_count": attempt.executions if attempt.resumable else 0,
        "resumable": attempt.resumable,
        "progress": [],
        "process": {"type": "local", "pid": os.getpid(), "host": host_name()},
    }
