"""The status of a job's folder: the job is done, is run by somebody, or is free."""

from __future__ import annotations

import os
from enum import Enum
from typing import Any, NamedTuple

from xpm_launchers import ForeignHostError, HandleError
from xpm_os.hosts import host_name
from xpm_scheduler._workspace.attempts import JobLock
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler.exceptions import CorruptFileError


class FolderState(Enum):
    """The state of a job by its folder."""

    #: The success marker is there.
    DONE = "done"
    #: Someone runs it, or is starting it.
    ACTIVE = "active"
    #: Nobody does.
    FREE = "free"


class FolderStatus(NamedTuple):
    """What an inspection of a job's folder has found.

    Attributes:
        state: the state of the job.
        handle: the process that runs it, when a claim names one.
    """

    state: FolderState
    handle: dict[str, Any] | None = None


def refresh(folder: JobFolder) -> list[str]:
    """Return the names in a folder, as they are now.

    A network file system may remember for a while that a file is not there; opening the
    folder makes it ask again.
    """
    try:
        return os.listdir(folder.path)
    except (FileNotFoundError, NotADirectoryError):
        return []


def inspect(folder: JobFolder) -> FolderStatus:
    """Inspect the folder of a job.

    Raises:
        CorruptFileError: one of its files cannot be understood.
    """
    if folder.is_done():
        return FolderStatus(FolderState.DONE)
    if not os.path.isdir(folder.private):
        # Release 2.x may be about to run it, without a private folder yet.
        return inspect_locked(folder)
    lock = JobLock(folder)
    if not lock.acquire(blocking=False):
        return active(folder)
    try:
        return inspect_locked(folder)
    finally:
        lock.release()


def inspect_locked(folder: JobFolder) -> FolderStatus:
    """Inspect the folder of a job whose lock is held, or that has none yet."""
    # The job may have ended while the lock was being taken.
    if folder.is_done():
        return FolderStatus(FolderState.DONE)
    handle = read_json_object(folder.pid)
    if handle is not None and _lives_here(handle, folder.pid):
        return FolderStatus(FolderState.ACTIVE, handle)
    return FolderStatus(FolderState.FREE)


def active(folder: JobFolder) -> FolderStatus:
    """Return the status of a folder whose lock somebody else holds."""
    return FolderStatus(FolderState.ACTIVE, read_json_object(folder.pid))


def _lives_here(handle: dict[str, Any], path: str) -> bool:
    """Return whether the claim's process is known to live.

    A local process of another host cannot be asked; there the lock has the word.
    """
    if handle.get("type") == "local" and handle.get("host", host_name()) != host_name():
        return False
    # Not loaded by a plan that finds all done.
    from xpm_launchers import process_from_handle

    try:
        return process_from_handle(handle).is_running()
    except ForeignHostError:
        raise
    except HandleError as error:
        raise CorruptFileError(f"{path}: expected the process of a job: {error}") from None
