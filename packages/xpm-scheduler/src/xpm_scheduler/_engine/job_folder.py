"""The driver's side of a job's folder: look what it says, begin an attempt, read its end.

Everything here is I/O on one folder, and costs the same however many jobs there are.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from xpm_launchers import (
    Command,
    DirectLauncher,
    ForeignHostError,
    HandleError,
    Launcher,
    PythonCall,
    process_from_handle,
)
from xpm_os.files import write_atomic, write_json
from xpm_os.hosts import host_name
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.attempts import (
    JobLock,
    executions,
    new_attempt,
    read_attempt,
)
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler._workspace.markers import Ending
from xpm_scheduler._workspace.version import version
from xpm_scheduler.exceptions import CorruptFileError
from xpm_scheduler.runner import script_text
from xpm_serialize import task_document

#: What is called in a job's process; the fork server has its module loaded already.
RUNNER_MODULE = "xpm_scheduler.runner"

#: What a fork server loads once, for all jobs: also what most plans import beside their tasks,
#: since a job loads the plan's own script when that is where its task is.
_PRELOAD = (RUNNER_MODULE, "xpm_scheduler._experiment.experiment")
RUNNER = f"{RUNNER_MODULE}:main"


class Verdict(Enum):
    """What a job's folder says."""

    #: The success marker is there.
    DONE = "done"
    #: Someone runs it, or is starting it.
    ACTIVE = "active"
    #: Nobody does.
    FREE = "free"


class Look(NamedTuple):
    """What was seen in a job's folder.

    Attributes:
        verdict: what it amounts to.
        handle: the process that runs it, when a claim names one.
    """

    verdict: Verdict
    handle: dict[str, Any] | None = None


def refresh(folder: JobFolder) -> list[str]:
    """The names in a folder, as they are now.

    A network file system may remember for a while that a file is not there; opening the
    folder makes it ask again.
    """
    try:
        return os.listdir(folder.path)
    except (FileNotFoundError, NotADirectoryError):
        return []


def look(folder: JobFolder) -> Look:
    """What the folder of a job says.

    Raises:
        CorruptFileError: one of its files does not say what it should.
    """
    if folder.is_done():
        return Look(Verdict.DONE)
    if not os.path.isdir(folder.private):
        # Release 2.x may be about to run it, without a private folder yet.
        return _look_at_claim(folder)
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return Look(Verdict.ACTIVE, _read_claim(folder))
    try:
        return _look_at_claim(folder)
    finally:
        lock.release()


def _look_at_claim(folder: JobFolder) -> Look:
    # The job may have ended while the lock was being taken.
    if folder.is_done():
        return Look(Verdict.DONE)
    handle = _read_claim(folder)
    if handle is not None and _lives_here(handle, folder.pid):
        return Look(Verdict.ACTIVE, handle)
    return Look(Verdict.FREE)


def _read_claim(folder: JobFolder) -> dict[str, Any] | None:
    return read_json_object(folder.pid)


def _lives_here(handle: dict[str, Any], path: str) -> bool:
    """Whether the claim's process is known to live.

    A local process of another host cannot be asked; there the lock has the word.
    """
    if handle.get("type") == "local" and handle.get("host", host_name()) != host_name():
        return False
    try:
        return process_from_handle(handle).is_running()
    except ForeignHostError:
        raise
    except HandleError as error:
        raise CorruptFileError(f"{path}: expected the process of a job: {error}") from None


class Started(NamedTuple):
    """An attempt that is on disk, with the lock still held until its process is known."""

    command: Command
    lock: JobLock
    token: str


def begin(job: Job) -> Started | Look:
    """Begin an attempt: under the job's lock, write the folder.

    Returns:
        What to start, or what was found when it is not ours to run.

    Raises:
        OSError: the folder cannot be written.
        CorruptFileError: one of its files does not say what it should.
    """
    folder = job.folder
    existed = os.path.isdir(folder.private)
    os.makedirs(folder.private, exist_ok=True)
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return Look(Verdict.ACTIVE, _read_claim(folder))
    try:
        if existed and os.path.basename(folder.done) in refresh(folder):
            _check_marker(folder)
        seen = _look_at_claim(folder)
        if seen.verdict is not Verdict.FREE:
            lock.release()
            return seen
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
    return Started(_command(job, folder, token), lock, token)


def _check_marker(folder: JobFolder) -> None:
    """Refuse what has the name of the marker of success, and is none: it must not be lost."""
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
        if _look_at_claim(folder).verdict is Verdict.FREE:
            write_parameters(job, folder)
    finally:
        lock.release()


def write_parameters(job: Job, folder: JobFolder) -> None:
    """Write ``params.json`` and the script that runs the job by hand."""
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


def rotate_logs(folder: JobFolder) -> None:
    """Put the logs of the last execution aside: ``<name>.20231215143022.out``.

    The time is the one at which the log was last written to. Empty logs are not kept.
    """
    for path in (folder.stdout, folder.stderr):
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        if status.st_size:
            os.rename(path, _free_name(path, status.st_mtime))


def _free_name(path: str, mtime: float) -> str:
    """Where a log is kept; never a name that is taken, however short the execution was."""
    stem, suffix = os.path.splitext(path)
    while True:
        name = f"{stem}.{time.strftime('%Y%m%d%H%M%S', time.localtime(mtime))}{suffix}"
        if not os.path.lexists(name):
            return name
        mtime += 1


def _command(job: Job, folder: JobFolder, token: str) -> Command:
    return Command(
        call=PythonCall(RUNNER, (folder.path, token)),
        cwd=Path(folder.path),
        stdout=Path(folder.stdout),
        stderr=Path(folder.stderr),
        environ=job.full_environ(),
        python_path=python_path(),
    )


def ready_for_jobs(launcher: Launcher) -> Launcher:
    """See to it that the launcher has the runner loaded, whoever has made it."""
    if isinstance(launcher, DirectLauncher) and RUNNER_MODULE not in launcher.preload:
        launcher.preload = (*launcher.preload, *_PRELOAD)
    return launcher


def python_path() -> tuple[str, ...]:
    """Where this process finds modules; the empty entry is the current folder."""
    return _absolute(tuple(sys.path), os.getcwd())


@lru_cache(maxsize=8)
def _absolute(path: tuple[str, ...], cwd: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry or cwd for entry in path))


def claim(folder: JobFolder, handle: dict[str, Any], token: str) -> None:
    """Write which process runs the job; the lock must be held."""
    write_json(folder.pid, {**handle, "attempt": token})


def was_attempted(folder: JobFolder, token: str | None) -> bool:
    """Whether the process of the attempt on disk was started: by us, or it took the job."""
    attempt = read_attempt(folder)
    return attempt is not None and (attempt.token == token or attempt.taken is not None)


def record_failure(folder: JobFolder, token: str, ending: Ending) -> None:
    """Mark a job whose process has ended without a word; nothing when it is not ours."""
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return
    try:
        attempt = read_attempt(folder)
        if attempt is None or attempt.token != token or folder.is_done():
            return
        marker = {"code": ending.code, "reason": ending.reason.value, "message": ending.message}
        write_json(folder.failed, marker)
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
        # First of all it must not look done: whatever stops us, what is left is no result.
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


def last_lines(path: str | Path, count: int = 10, limit: int = 16384) -> list[str]:
    """The last lines of a log.

    Args:
        path: the file; a missing one has no lines.
        count: how many lines, at most.
        limit: how many bytes are read, at most.
    """
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit))
            content = file.read()
    except OSError:
        return []
    return content.decode(errors="replace").splitlines()[-count:]
