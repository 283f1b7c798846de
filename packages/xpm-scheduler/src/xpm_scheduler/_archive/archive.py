"""Finished jobs are copied to auxiliary folders, or moved there.

A job that is moved is at its place at every moment: the copy is made, checked and on the disk
before a link takes the folder's place, at once where the system can exchange two names (Linux;
not on network file systems), else when the experiment has ended and nothing reads the job.
Whatever is killed at whatever moment, the job is there, and the next archiver goes on.
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import partial

from xpm_os.staging import Stage, remove_leftovers
from xpm_os.trees import copy_tree, same_files, scan
from xpm_scheduler._workspace.attempts import JobLock
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler.exceptions import SchedulerError

from .folders import Attached, internal

_logger = logging.getLogger("xpm.scheduler")

#: How often a folder that changes while it is copied is copied again.
_TRIES = 4

#: How long the lock of a finished job is waited for (its process is just leaving), in seconds.
_LOCK_LIMIT = 10.0

#: How long, and how many of, the folders that links have replaced are kept for those who were
#: just listing them.
_KEPT_TIME, _KEPT = 5.0, 64

#: What copying may raise.
EXPECTED = (OSError, SchedulerError)


class Archive:
    """Keeps finished jobs in auxiliary folders; used by one thread.

    Args:
        backups: folders that get a copy of each job.
        moves: folders that jobs are moved to; the first that can take a job gets it.
    """

    def __init__(self, backups: list[Attached], moves: list[Attached]) -> None:
        self._backups = backups
        self._moves = moves
        self._cleaned: set[str] = set()
        self._failed: Counter[str] = Counter()
        #: Folders that links have replaced, and until when they are kept.
        self._replaced: deque[tuple[float, Stage]] = deque()
        #: Jobs that could not be replaced at once.
        self._late: list[tuple[Attached, JobFolder]] = []

    @property
    def wanted(self) -> bool:
        """Whether there is a folder to archive jobs in."""
        return bool(self._backups or self._moves)

    def keep(self, folder: JobFolder) -> None:
        """Archive a job in all folders that want it."""
        if os.path.islink(folder.path) or not folder.is_done():
            return  # moved before, or removed meanwhile
        for each in self._backups:
            self._try(each, folder, self._copy)
        for each in self._moves:
            if self._try(each, folder, self._move):
                return

    def idle(self) -> float | None:
        """Remove what was kept for a while; return the seconds until there is more to remove."""
        now = time.monotonic()
        while self._replaced and (self._replaced[0][0] <= now or len(self._replaced) > _KEPT):
            self._discard(self._replaced.popleft()[1])
        return self._replaced[0][0] - now if self._replaced else None

    def close(self) -> None:
        """Do what had to wait for the end of the jobs, and report what went wrong."""
        for each, folder in self._late:
            self._try(each, folder, partial(self._move, at_once=False))
        self._late.clear()
        while self._replaced:
            self._discard(self._replaced.popleft()[1])
        for jobs, count in self._failed.items():
            if count > 1:
                _logger.error("%d jobs could not be archived in %s", count, jobs)

    def _try(
        self, each: Attached, folder: JobFolder, work: Callable[[Attached, JobFolder], None]
    ) -> bool:
        try:
            self._clean(os.path.dirname(folder.path))
            self._clean(os.path.dirname(each.copy_of(folder).path))
            work(each, folder)
        except EXPECTED as error:
            if folder.is_done():  # else it was removed, and there is nothing to archive
                self._report(each, folder, error)
            return False
        return True

    def _report(self, each: Attached, folder: JobFolder, error: Exception) -> None:
        self._failed[each.jobs] += 1
        if self._failed[each.jobs] == 1:
            text = "%s cannot be archived in %s, and stays as it is: %s"
            _logger.error(text, folder.path, each.jobs, error)

    def _clean(self, parent: str) -> None:
        """Remove, once, what a killed process has left in a folder."""
        if parent not in self._cleaned:
            self._cleaned.add(parent)
            remove_leftovers(parent)

    def _discard(self, stage: Stage) -> None:
        try:
            stage.remove()
        except OSError as error:
            _logger.warning("%s, which is not needed any more, stays: %s", stage.path, error)

    def _copy(self, each: Attached, folder: JobFolder) -> None:
        copy = each.copy_of(folder)
        if not _same_attempt(folder, copy):
            _copy_whole(folder, copy)

    def _move(self, each: Attached, folder: JobFolder, *, at_once: bool = True) -> None:
        """Move a job, and put a link in its place; the lock keeps others from removing it."""
        copy = each.copy_of(folder)
        lock = _lock(folder)
        try:
            if os.path.islink(folder.path) or not folder.is_done():
                return
            if not (_same_attempt(folder, copy) and _same_content(folder, copy)):
                _copy_whole(folder, copy, absolute=True)
            stage = Stage(os.path.dirname(folder.path))
            try:
                os.symlink(copy.path, stage.path)
                replaced = stage.put(folder.path, at_once=at_once)
            except BaseException:
                stage.remove()
                raise
        finally:
            # Before the folder goes: on a network file system, a lock that is held keeps it.
            lock.release()
        if replaced:
            self._replaced.append((time.monotonic() + _KEPT_TIME, stage))
            self.idle()
        else:
            stage.remove()
            self._late.append((each, folder))


def _copy_whole(folder: JobFolder, copy: JobFolder, *, absolute: bool = False) -> None:
    """Put a copy of a job in an auxiliary folder, in place of an earlier one."""
    left_out = internal(folder)
    for _ in range(_TRIES):
        before = scan(folder.path, left_out)
        with Stage(os.path.dirname(copy.path)) as stage:
            try:
                copy_tree(folder.path, stage.path, before, absolute=absolute)
            except FileNotFoundError:
                if folder.is_done() and scan(folder.path, left_out) != before:
                    continue
                raise
            if scan(folder.path, left_out) == before and folder.is_done():
                _put(stage, copy, folder)
                return
    raise OSError(errno.EBUSY, "it changes while it is copied", folder.path)


def _put(stage: Stage, copy: JobFolder, folder: JobFolder) -> None:
    try:
        stage.put(copy.path)
    except OSError:
        # Another process may have archived the job just now.
        if not _same_attempt(folder, copy):
            raise


def _same_attempt(folder: JobFolder, copy: JobFolder) -> bool:
    """Return whether a finished copy is of the execution that a job's folder is of."""
    return copy.is_done() and _content(folder.attempt) == _content(copy.attempt)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None  # a job of release 2.x, which knows one execution


def _same_content(folder: JobFolder, copy: JobFolder) -> bool:
    left_out = internal(folder)
    return same_files(scan(folder.path, left_out), scan(copy.path, left_out))


def _lock(folder: JobFolder) -> JobLock:
    """Take the lock of a finished job, whose process may just be leaving."""
    os.makedirs(folder.private, exist_ok=True)
    lock = JobLock(folder)
    end = time.monotonic() + _LOCK_LIMIT
    interval = 0.005
    while not lock.acquire(blocking=False):
        if time.monotonic() > end:
            raise TimeoutError(errno.ETIMEDOUT, "somebody holds its lock", folder.path)
        time.sleep(interval)
        interval = min(interval * 2, 0.2)
    return lock
