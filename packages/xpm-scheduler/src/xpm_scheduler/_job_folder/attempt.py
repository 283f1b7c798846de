"""The driver's part in a job's folder: begin an attempt, claim it, record its end, remove it.

Everything here is I/O on one folder, and costs the same however many jobs there are.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

from xpm_launchers import Command
from xpm_os.files import write_atomic, write_json
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.attempts import JobLock, executions, new_attempt, read_attempt
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler._workspace.markers import Failure, write_failure
from xpm_scheduler._workspace.script import script_text
from xpm_scheduler._workspace.version import version
from xpm_scheduler.exceptions import CorruptFileError
from xpm_serialize import task_document

from .command import job_command, python_path
from .logs import rotate_logs
from .status import FolderState, FolderStatus, active, inspect_locked, refresh


class Started(NamedTuple):
    """An attempt that is on disk, with the lock still held until its process is known."""

    command: Command
    lock: JobLock
    token: str


def begin(job: Job) -> Started | FolderStatus:
    """Begin an attempt: under the job's lock, write the folder.

    Returns:
        What to start, or the status of the folder when the job is not ours to run.

    Raises:
        OSError: the folder cannot be written.
        CorruptFileError: one of its files cannot be understood.
    """
    folder = job.folder
    existed = os.path.isdir(folder.private)
    os.makedirs(folder.private, exist_ok=True)
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return active(folder)
    try:
        if existed and os.path.basename(folder.done) in refresh(folder):
            _check_marker(folder)
        status = inspect_locked(folder)
        if status.state is not FolderState.FREE:
            lock.release()
            return status
        executed, resumable = 0, job.resumable
        if existed and resumable:
            executed = executions(folder)
            _resume(folder)
        elif existed:
            _clean(folder)
        token = new_attempt(
            folder, type(job.launcher).__name__, executed=executed, resumable=resumable
        ).token
        write_parameters(job, folder)
    except BaseException:
        lock.release()
        raise
    return Started(job_command(job, folder, token), lock, token)


def _check_marker(folder: JobFolder) -> None:
    """Refuse what has the name of the success marker and is not a file: it must not be lost."""
    if not folder.is_done():
        raise CorruptFileError(f"{folder.done}: expected a file, which marks success")


def generate(job: Job) -> None:
    """Write the folder of a job that is not to be run now; one in use is left as it is."""
    folder = job.folder
    os.makedirs(folder.private, exist_ok=True)
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return
    try:
        if inspect_locked(folder).state is FolderState.FREE:
            write_parameters(job, folder)
    finally:
        lock.release()


def write_parameters(job: Job, folder: JobFolder) -> None:
    """Write `params.json` and the script that runs the job by hand."""
    document = task_document(
        job.config,
        workspace=job.workspace.path,
        jobdir=Path(folder.path),
        tags=job.tags,
        version=version(),
    )
    write_json(folder.params, document)
    write_atomic(folder.script, script_text(sys.executable, python_path()))


def _clean(folder: JobFolder) -> None:
    """Remove what an earlier attempt has left; the lock is held.

    The lock files stay: whoever waits for one must find the same file again.
    """
    kept = {folder.private, folder.old_lock}
    for entry in os.scandir(folder.path):
        if entry.path in kept:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    for path in (folder.events, folder.status, folder.outputs):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _resume(folder: JobFolder) -> None:
    """Keep what an earlier execution has left, but for its end; the lock is held."""
    rotate_logs(folder)
    for path in (folder.failed, folder.pid):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def claim(folder: JobFolder, handle: dict[str, Any], token: str) -> None:
    """Record which process runs the job; the lock must be held."""
    write_json(folder.pid, {**handle, "attempt": token})


def was_attempted(folder: JobFolder, token: str | None) -> bool:
    """Return whether the process of the attempt on disk was started: by us, or it took the job."""
    attempt = read_attempt(folder)
    return attempt is not None and (attempt.token == token or attempt.taken is not None)


def record_failure(folder: JobFolder, token: str, failure: Failure) -> None:
    """Mark a job whose process has left no marker; do nothing when the job is not ours."""
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return
    try:
        attempt = read_attempt(folder)
        if attempt is None or attempt.token != token or folder.is_done():
            return
        write_failure(folder, failure)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(folder.pid)
    finally:
        lock.release()


def remove(folder: JobFolder) -> bool:
    """Remove the folder of a job that nobody runs.

    Returns:
        Whether it is gone; it stays when somebody holds it.
    """
    if not os.path.isdir(folder.private):
        return not os.path.isdir(folder.path)
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return False
    try:
        # First of all it must not look done: whatever stops us, what is left is not a result.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(folder.done)
        if os.path.islink(folder.path):  # moved to an auxiliary folder
            shutil.rmtree(os.path.realpath(folder.path))
            os.unlink(folder.path)
        else:
            shutil.rmtree(folder.path)
    finally:
        lock.release()
    return True
