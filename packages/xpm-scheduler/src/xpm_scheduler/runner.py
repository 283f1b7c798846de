"""The job side: what a job's process does, from taking the job to its terminal marker.

Started by a launcher as ``main(<job folder>, <token>)``, or by hand with ``python
<name>.py`` in the job's folder. Kept light: it is forked for every job.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xpm_config import Config
from xpm_os.files import write_atomic, write_json
from xpm_os.hosts import host_name
from xpm_serialize import DefinitionFileError, DefinitionNotFoundError, LoadedTask, load_task

from ._runner.reporter import JobReporter, say
from ._tasks.outputs import OutputRecorder
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
from .exceptions import GracefulTimeout, SchedulerError, TaskCancelled
from .taskglobals import Env, is_main_process

# Every module that defines a task needs these: made ready in the fork server, they are not
# made again in each job.
Task.__getxpmtype__()


class _NotToBeRun(Exception):
    """A file of the job is not what it should be; no traceback says more than the message."""


#: The signals that tell a job to stop.
_STOPS = (signal.SIGTERM, signal.SIGINT)


class _Outcome:
    """How a job ended."""

    __slots__ = ("code", "message", "reason")

    def __init__(self, code: int, reason: str | None = None, message: str = "") -> None:
        self.code = code
        self.reason = reason
        self.message = message


class _Cancellation:
    """Turns the first SIGTERM or SIGINT into ``TaskCancelled``, and remembers it.

    Whatever the task makes of the exception, the job ends as cancelled; at its time limit, as
    having reached that. A second signal acts as it would in any process.

    Attributes:
        reason: why the job is to end; ``None`` while it is not.
    """

    #: A signal this near to the time limit, in seconds, is the time limit's.
    NEAR = 1.0

    def __init__(self) -> None:
        self.reason: str | None = None

    def install(self) -> None:
        for number in _STOPS:
            signal.signal(number, self._handle)

    @staticmethod
    def uninstall() -> None:
        """Have the signals act as they do in a process that is no job."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _handle(self, number: int, _frame: object) -> None:
        for other in _STOPS:
            signal.signal(other, signal.SIG_DFL)
        left = Env.instance().remaining_time()
        if left is not None and left <= self.NEAR:
            self.reason, text = "timeout", "the job has reached its time limit"
        else:
            self.reason, text = "cancelled", "the job was told to stop"
        raise TaskCancelled(f"{text} ({signal.Signals(number).name})", left)


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
        _mind_children(None)
        return _execute(job, _Cancellation(), _hold_nothing).code
    try:
        return _take_and_run(job, token)
    except (OSError, SchedulerError) as error:
        # About files of the job: what users' code raises is an outcome.
        say(f"{job.name}: {error}")
        return 1


def _take_and_run(job: JobFolder, token: str) -> int:
    taken = take(job, token)
    if taken is None:
        say(f"{job.name}: not this process's to run; leaving")
        return FENCED
    lock, attempt = taken
    _mind_children(lock)
    return _run(job, attempt, lock)


def _mind_children(lock: JobLock | None) -> None:
    """Make processes that the task forks ordinary ones: they are not the job.

    Args:
        lock: the job's lock, which must not make the job look alive when such a process stays.
    """

    def block() -> None:
        # A signal to a child that has only just begun would be lost, as Python clears what it
        # has noted: the system keeps it until the child has handlers of its own.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)

    def unblock() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)

    def in_child() -> None:
        if lock is not None:
            lock.release()
        # Handlers are the main thread's to set; a child of another thread has none but that.
        if threading.current_thread() is threading.main_thread():
            _Cancellation.uninstall()
        unblock()

    os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=in_child)


def by_hand(folder: str | Path) -> int:
    """Run the job of a folder in this process, whoever started it before.

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
    """Begin an attempt; returns its token, ``None`` when somebody else has the job."""
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
    cancellation = _Cancellation()
    outcome = _execute(job, cancellation, _hold_tokens)
    if cancellation.reason not in (None, outcome.reason):
        outcome = _Outcome(1, cancellation.reason, outcome.message or "the job was told to stop")
    for number in _STOPS:
        # The end is being written: from here on a signal would only tear it.
        signal.signal(number, signal.SIG_IGN)
    _flush_output()
    _finish(job, attempt.token, reporter, outcome)
    lock.release()
    return outcome.code


def _finish(job: JobFolder, token: str, reporter: JobReporter, outcome: _Outcome) -> None:
    """Write how it ended; the terminal marker comes last, and only for the attempt's owner."""
    if not owns(job, token):
        say(f"{job.name}: another attempt has begun; its end is not recorded")
        return
    if outcome.reason is None:
        reporter.state("done")
        _mark_done(job)
    else:
        reporter.state("error", reason=outcome.reason, code=outcome.code)
        marker = {"code": outcome.code, "reason": outcome.reason, "message": outcome.message}
        write_json(job.failed, marker)
    # The claim says that the job is active, which the marker has just ended.
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


def _hold_tokens(job: JobFolder) -> None:
    """Make sure that the job has the tokens that it needs."""
    if os.path.exists(job.locks):
        # Most jobs need none: not loaded for them.
        from xpm_launchers import LauncherError

        from ._runner.tokens import hold

        try:
            Env.held = hold(job)
        except (LauncherError, SchedulerError, OSError) as error:
            raise _NotToBeRun(str(error)) from None


def _hold_nothing(job: JobFolder) -> None:
    """Rank 0 holds the tokens for all."""


def _execute(
    job: JobFolder, cancellation: _Cancellation, hold: Callable[[JobFolder], None]
) -> _Outcome:
    """Load the task and run it; all that users' code may raise becomes an outcome."""
    process = os.getpid()
    outcome = _attempt(job, cancellation, hold)
    if os.getpid() != process:
        # A child that the task has forked has come back in its parent's place.
        _flush_output()
        os._exit(outcome.code)
    return outcome


def _attempt(
    job: JobFolder, cancellation: _Cancellation, hold: Callable[[JobFolder], None]
) -> _Outcome:
    Env.taskpath = Path(job.path)
    try:
        cancellation.install()
        hold(job)
        loaded = _load(job)
        if is_main_process():
            Config.__xpm_record_output__ = OutputRecorder(job, loaded.task, loaded.document)
        for init_task in loaded.init_tasks:
            init_task.execute()
        loaded.task.execute()
    except _NotToBeRun as error:
        say(str(error))
        return _Outcome(1, "failed", str(error))
    except TaskCancelled as error:
        say(traceback.format_exc())
        return _Outcome(1, "cancelled", str(error))
    except GracefulTimeout as error:
        return _Outcome(1, "timeout", str(error))
    except SystemExit as error:
        # ``sys.exit()`` in a task is a way to end it well, as in any program.
        if error.code in (None, 0):
            return _Outcome(0)
        code = error.code if isinstance(error.code, int) else 1
        return _Outcome(code, "failed", f"the task left with sys.exit({error.code!r})")
    except MemoryError as error:
        say(traceback.format_exc())
        return _Outcome(1, "memory", _describe(error))
    except BaseException as error:  # noqa: BLE001 -- users' code may raise anything
        say(traceback.format_exc())
        return _Outcome(1, "failed", _describe(error))
    return _Outcome(0)


def _load(job: JobFolder) -> LoadedTask:
    Env.loading = True
    try:
        loaded = load_task(Path(job.params), own_process=True)
    except (DefinitionFileError, DefinitionNotFoundError) as error:
        raise _NotToBeRun(str(error)) from None
    finally:
        Env.loading = False
    task = loaded.task
    task.__taskdir__ = task.__maintaskdir__ = Path(job.path)
    task.__tags__ = dict(loaded.tags)
    return loaded


def _describe(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # Closed by the task, or a full disk: the marker matters more than the log.
            continue
