"""Archiving finished jobs in auxiliary folders, in threads of their own.

A job that is moved is at its place at every moment: the copy is made, checked and on the disk
before a link takes the folder's place, at once where the system can exchange two names (Linux;
not on network file systems), else when the experiment has ended and nothing reads the job.
Whatever is killed at whatever moment, the job is there, and the next archiver goes on.
"""

from __future__ import annotations

import errno
import logging
import os
import queue
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from xpm_os.staging import Stage, remove_leftovers
from xpm_os.trees import copy_tree, same_files, scan
from xpm_scheduler._settings.model import FolderMode
from xpm_scheduler._workspace.attempts import JobLock
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler.exceptions import SchedulerError

from .folders import Attached, check_attached, internal, restore

if TYPE_CHECKING:
    from xpm_scheduler._workspace.workspace import Workspace

_logger = logging.getLogger("xpm.scheduler")

#: How often a folder that changes while it is copied is copied again.
_TRIES = 4

#: How long the lock of a finished job is waited for (its process is just leaving), in seconds.
_LOCK_LIMIT = 10.0

#: How long, and how many of, the folders that links have replaced are kept for those who were
#: just listing them.
_KEPT_TIME, _KEPT = 5.0, 64

#: When and how often to say that an end is being waited for, in seconds.
_SAY_FIRST, _SAY_AGAIN = 2.0, 10.0

#: What copying may make go wrong.
_EXPECTED = (OSError, SchedulerError)

#: Told when a job was looked for: whether it is done now, or what went wrong.
Restored = Callable[["bool | Exception"], None]


class Archiver:
    """Keeps the auxiliary folders of a workspace, while an experiment runs in it.

    Nothing is started before there is something to do, and nothing that goes wrong with an
    auxiliary folder concerns a job: it is said once.

    Args:
        workspace: the workspace.

    Raises:
        WorkspaceError: an auxiliary folder is the workspace itself.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        folders = check_attached(workspace)
        backups = [each for each in folders if each.mode is FolderMode.BACKUP]
        moves = [each for each in folders if each.mode is FolderMode.MOVE]
        self._archive = _Archive(backups, moves)
        # Two threads: a job that is wanted does not wait until others are archived.
        self._keeper = _Worker("xpm-archive", self._archive.idle)
        self._fetcher = _Worker("xpm-restore")

    def job_done(self, folder: JobFolder) -> None:
        """Archive a job, unless that was done: it has succeeded, now or earlier."""
        if self._archive.wanted:
            self._keeper.add(lambda: self._archive.keep(folder))

    def restore(self, folder: JobFolder, then: Restored) -> None:
        """Get a job from an auxiliary folder; see :func:`xpm_scheduler._archive.folders.restore`.

        Args:
            folder: the job's folder.
            then: is told the result, in another thread: return at once.
        """

        def fetch() -> None:
            try:
                then(restore(self._workspace, folder))
            except _EXPECTED as error:
                then(error)

        self._fetcher.add(fetch)

    def close(self) -> None:
        """Wait until all is archived; says so when that takes long."""
        self._fetcher.close(_quietly)
        self._keeper.close(lambda left: _say(f"{left} jobs are still to be archived"))
        self._archive.close()


def _quietly(_left: int) -> None:
    """Who waits for a job knows it already."""


def _say(text: str) -> None:
    print(text, file=sys.stderr)


class _Worker:
    """A thread that does one thing after the other; it begins with the first."""

    def __init__(self, name: str, idle: Callable[[], float | None] = lambda: None) -> None:
        self._name = name
        #: Called when there is nothing to do; gives the seconds until it wants to be called again.
        self._idle = idle
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def add(self, work: Callable[[], None]) -> None:
        self._queue.put(work)
        if self._thread is None:
            # A daemon: who interrupts the program is not to wait; the next archiver goes on.
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def close(self, say: Callable[[int], None]) -> None:
        """Wait until all is done; ``say`` is told from time to time how much is left."""
        if self._thread is None:
            return
        self._queue.put(None)
        wait = _SAY_FIRST
        while self._thread.is_alive():
            self._thread.join(wait)
            if self._thread.is_alive():
                say(max(1, self._queue.qsize() - 1))
                wait = _SAY_AGAIN
        self._thread = None

    def _run(self) -> None:
        while True:
            try:
                work = self._queue.get(timeout=self._idle())
            except queue.Empty:
                continue
            if work is None:
                return
            work()


class _Archive:
    """What is done with finished jobs; used by one thread."""

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
        """Remove what was kept for a while; returns the seconds until there is more to remove."""
        now = time.monotonic()
        while self._replaced and (self._replaced[0][0] <= now or len(self._replaced) > _KEPT):
            self._discard(self._replaced.popleft()[1])
        return self._replaced[0][0] - now if self._replaced else None

    def close(self) -> None:
        """The jobs have ended: do what had to wait for that, and say what went wrong."""
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
            self._clean(os.path.dirname(each.place(folder).path))
            work(each, folder)
        except _EXPECTED as error:
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
        place = each.place(folder)
        if not _same_attempt(folder, place):
            _copy_whole(folder, place)

    def _move(self, each: Attached, folder: JobFolder, *, at_once: bool = True) -> None:
        """Move a job, and put a link in its place; the lock keeps others from removing it."""
        place = each.place(folder)
        lock = _lock(folder)
        try:
            if os.path.islink(folder.path) or not folder.is_done():
                return
            if not (_same_attempt(folder, place) and _same_content(folder, place)):
                _copy_whole(folder, place, absolute=True)
            stage = Stage(os.path.dirname(folder.path))
            try:
                os.symlink(place.path, stage.path)
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


def _copy_whole(folder: JobFolder, place: JobFolder, *, absolute: bool = False) -> None:
    """Put a copy of a job in an auxiliary folder, in place of an earlier one."""
    left_out = internal(folder)
    for _ in range(_TRIES):
        before = scan(folder.path, left_out)
        with Stage(os.path.dirname(place.path)) as stage:
            try:
                copy_tree(folder.path, stage.path, before, absolute=absolute)
            except FileNotFoundError:
                if folder.is_done() and scan(folder.path, left_out) != before:
                    continue
                raise
            if scan(folder.path, left_out) == before and folder.is_done():
                _put(stage, place, folder)
                return
    raise OSError(errno.EBUSY, "it changes while it is copied", folder.path)


def _put(stage: Stage, place: JobFolder, folder: JobFolder) -> None:
    try:
        stage.put(place.path)
    except OSError:
        # Another process may have archived the job just now.
        if not _same_attempt(folder, place):
            raise


def _same_attempt(folder: JobFolder, place: JobFolder) -> bool:
    """Whether a finished copy is of the execution that a job's folder is of."""
    return place.is_done() and _content(folder.attempt) == _content(place.attempt)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None  # a job of release 2.x, which knows one execution


def _same_content(folder: JobFolder, place: JobFolder) -> bool:
    left_out = internal(folder)
    return same_files(scan(folder.path, left_out), scan(place.path, left_out))


def _lock(folder: JobFolder) -> JobLock:
    """The lock of a finished job, whose process may just be leaving."""
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
