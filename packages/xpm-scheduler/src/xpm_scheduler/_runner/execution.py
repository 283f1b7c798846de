"""The execution of a task in its job's process: load it, run it, find out how it failed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from xpm_config import Config
from xpm_scheduler._graph.states import JobFailureStatus
from xpm_scheduler._tasks.outputs import OutputRecorder
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler._workspace.markers import Failure
from xpm_scheduler.exceptions import GracefulTimeout, SchedulerError, TaskCancelled
from xpm_scheduler.taskglobals import Env, is_main_process
from xpm_serialize import DefinitionFileError, DefinitionNotFoundError, LoadedTask, load_task

from .cancellation import Cancellation
from .reporter import say

#: Makes sure that a job has the tokens that it requires.
Hold = Callable[[JobFolder], None]


class _NotToBeRun(Exception):
    """A file of the job is not what it should be; a traceback would add nothing to the message."""


def hold_tokens(job: JobFolder) -> None:
    """Make sure that the job has the tokens that it requires."""
    if os.path.exists(job.locks):
        # Most jobs require none: not loaded for them.
        from xpm_launchers import LauncherError

        from .tokens import hold

        try:
            Env.held = hold(job)
        except (LauncherError, SchedulerError, OSError) as error:
            raise _NotToBeRun(str(error)) from None


def hold_nothing(job: JobFolder) -> None:
    """Do nothing: rank 0 holds the tokens for all processes of the job."""


def execute(job: JobFolder, cancellation: Cancellation, hold: Hold) -> Failure | None:
    """Load the task and run it.

    Returns:
        How it failed, whatever users' code may raise; `None` after success.
    """
    process = os.getpid()
    failure = _attempt(job, cancellation, hold)
    if os.getpid() != process:
        # A child that the task has forked has come back in its parent's place.
        flush_output()
        os._exit(exit_status(failure))
    return failure


def exit_status(failure: Failure | None) -> int:
    """Return the exit status of a job's process."""
    return 0 if failure is None else failure.code


def _attempt(job: JobFolder, cancellation: Cancellation, hold: Hold) -> Failure | None:
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
        return Failure(JobFailureStatus.FAILED, 1, str(error))
    except TaskCancelled as error:
        say(traceback.format_exc())
        return Failure(JobFailureStatus.CANCELLED, 1, str(error))
    except GracefulTimeout as error:
        return Failure(JobFailureStatus.TIMEOUT, 1, str(error))
    except SystemExit as error:
        return _left_by_exit(error)
    except MemoryError as error:
        say(traceback.format_exc())
        return Failure(JobFailureStatus.MEMORY, 1, _describe(error))
    except BaseException as error:  # noqa: BLE001 -- users' code may raise anything
        say(traceback.format_exc())
        return Failure(JobFailureStatus.FAILED, 1, _describe(error))
    return None


def _left_by_exit(error: SystemExit) -> Failure | None:
    # `sys.exit()` in a task is a way to end it with success, as in any program.
    if error.code in (None, 0):
        return None
    code = error.code if isinstance(error.code, int) else 1
    message = f"the task left with sys.exit({error.code!r})"
    return Failure(JobFailureStatus.FAILED, code, message)


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


def flush_output() -> None:
    """Write what is left in the buffers of the standard streams."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            # Closed by the task, or a full disk: the marker matters more than the log.
            continue
