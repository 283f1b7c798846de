"""The fence that makes a task run once: attempts, their tokens, and who may take them.

An attempt is a file, `.experimaestro/attempt.json`, written by a driver under the job's
lock before it starts a process, and taken by that process under the same lock. A process
whose token is not the one on disk, or whose attempt was taken already, leaves without
having run anything: drivers may be killed, doubled or wrong, and one process executes.

The process that took the attempt keeps the shared half of the lock until it ends, so that
"is it alive?" has an answer also on hosts that share the file system but no process table.
"""

from __future__ import annotations

import os
import secrets
import time
from typing import Any, NamedTuple

from xpm_os.files import write_json
from xpm_os.hosts import host_name
from xpm_os.locks import FileLock
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler.exceptions import CorruptFileError

from .layout import JobFolder

#: Exit status of a process that found the attempt not to be its own (`EX_TEMPFAIL`).
FENCED = 75


class Attempt(NamedTuple):
    """One try at running a job.

    Attributes:
        token: names the attempt; random, known to its process alone.
        launcher: what kind of launcher starts the process.
        host: where the driver runs.
        time: when it was written, in seconds since the epoch.
        taken: the process that executes, `{"pid", "host", "time"}`; `None` before.
        executed: how often the job was executed before, in the folder as it is.
        resumable: whether the job keeps its folder when it is run again.
    """

    token: str
    launcher: str
    host: str
    time: float
    taken: dict[str, Any] | None = None
    executed: int = 0
    resumable: bool = False

    @property
    def executions(self) -> int:
        """How often the job was executed, this attempt included once it is taken."""
        return self.executed + (self.taken is not None)


def read_attempt(folder: JobFolder) -> Attempt | None:
    """Return the attempt on disk, or `None`.

    Raises:
        CorruptFileError: the file is not an attempt.
    """
    record = read_json_object(folder.attempt)
    if record is None:
        return None
    try:
        if record["version"] != 1:
            raise CorruptFileError(
                f"{folder.attempt}: written in version {record['version']!r} of the format, "
                "this release reads version 1"
            )
        return Attempt(
            record["token"],
            record["launcher"],
            record["host"],
            record["time"],
            record["taken"],
            int(record.get("executed", 0)),
            bool(record.get("resumable", False)),
        )
    except KeyError as error:
        raise CorruptFileError(f"{folder.attempt}: the key {error} is missing") from None
    except (TypeError, ValueError) as error:
        raise CorruptFileError(f"{folder.attempt}: {error}") from None


def write_attempt(folder: JobFolder, attempt: Attempt) -> None:
    """Put an attempt on disk; the job's lock must be held."""
    write_json(folder.attempt, {"version": 1, **attempt._asdict()})


def new_attempt(
    folder: JobFolder, launcher: str, *, executed: int = 0, resumable: bool = False
) -> Attempt:
    """Begin a new attempt, which shuts out all earlier ones; the lock must be held."""
    token = secrets.token_hex(16)
    attempt = Attempt(token, launcher, host_name(), time.time(), None, executed, resumable)
    write_attempt(folder, attempt)
    return attempt


def executions(folder: JobFolder) -> int:
    """Return how often the job of a folder was executed in it.

    Release 2.x keeps the number in the job's status.
    """
    attempt = read_attempt(folder)
    if attempt is not None:
        return attempt.executions
    count = (read_json_object(folder.status) or {}).get("retry_count")
    return count if isinstance(count, int) else 0


class JobLock:
    """The lock of a job: its own file, and the one of release 2.x when that is there."""

    __slots__ = ("_locks",)

    def __init__(self, folder: JobFolder) -> None:
        self._locks = [FileLock(folder.lock)]
        if os.path.exists(folder.old_lock):
            self._locks.append(FileLock(folder.old_lock))

    def acquire(self, *, blocking: bool = True) -> bool:
        """Take the lock; returns whether it was taken."""
        try:
            for lock in self._locks:
                if not lock.acquire(blocking=blocking):
                    self.release()
                    return False
        except BaseException:
            # Half a lock would make the job look alive as long as this process lives.
            self.release()
            raise
        return True

    def share(self) -> None:
        """Keep only the shared half."""
        for lock in self._locks:
            lock.share()

    def release(self) -> None:
        """Give the lock back."""
        for lock in self._locks:
            lock.release()


class Taken(NamedTuple):
    """An attempt that this process has taken.

    Attributes:
        lock: the job's lock, shared, to be held as long as the process lives.
        attempt: the attempt.
    """

    lock: JobLock
    attempt: Attempt


def take(folder: JobFolder, token: str) -> Taken | None:
    """Take the attempt for this process: the first thing that a job's process does.

    Returns:
        The job's lock and the attempt; `None` when the job is not this process's to run
        (done already, a later attempt, taken by another).
    """
    lock = JobLock(folder)
    lock.acquire()
    try:
        attempt = None if folder.is_done() else read_attempt(folder)
        if attempt is not None and attempt.token == token and attempt.taken is None:
            taken = {"pid": os.getpid(), "host": host_name(), "time": time.time()}
            attempt = attempt._replace(taken=taken)
            write_attempt(folder, attempt)
            lock.share()
            return Taken(lock, attempt)
    except BaseException:
        lock.release()
        raise
    lock.release()
    return None


def owns(folder: JobFolder, token: str) -> bool:
    """Return whether the attempt on disk is still the one with this token."""
    attempt = read_attempt(folder)
    return attempt is not None and attempt.token == token
