"""The tokens that jobs hold while they run: counters shared by all processes.

A driver takes the units before it asks the launcher for a place, in one order of counters for
everybody, so that no two jobs wait for each other. Once the attempt is on disk the units are
held by whoever holds the job's lock: they survive the driver, and are free again when the job's
process is gone, whoever is there to see it. As a process may start later than all that was known
of it (a driver killed, a queue), it looks itself, before it executes, whether the units are still
the job's, and takes them again if they are not: that is what makes "never exceeded" true.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from xpm_launchers import CounterToken, LauncherError, TokenRequest
from xpm_os.files import write_json
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler.exceptions import CorruptFileError, SchedulerError

_logger = logging.getLogger("xpm.scheduler")

#: Seconds for which units stay a job's after its driver has left it while it was being started.
_GRACE = 30.0


class Later(Protocol):
    """What the scheduler does for those who wait."""

    def later(self, seconds: float, function: Callable[..., None], *arguments: object) -> None:
        """Call a function after some time."""


class Holdings:
    """What the jobs of this driver hold, and wait for; used in the scheduler's thread.

    Args:
        later: calls again after some time.
        granted: told when a job that had to wait holds all that it needs.
        failed: told when it never will.
    """

    def __init__(
        self,
        later: Later,
        granted: Callable[[Job], None],
        failed: Callable[[Job, Exception], None],
    ) -> None:
        self._later = later
        self._granted = granted
        self._failed = failed
        self._held: dict[Job, list[TokenRequest]] = {}
        #: For a job that waits, what it needs beyond what it holds; the first was asked for.
        self._wanted: dict[Job, list[tuple[CounterToken, int]]] = {}
        self._askers: dict[TokenRequest, Job] = {}
        #: Counters that are looked at from time to time.
        self._watched: set[CounterToken] = set()
        self._partials: dict[str, CounterToken] = {}

    def acquire(self, job: Job) -> bool:
        """Take all that a job needs.

        Returns:
            Whether it is held; if not, ``granted`` is called when it is.

        Raises:
            LauncherError: there are not so many units in all.
            OSError: a counter's folder cannot be used.
        """
        if not job.tokens and not job.partials:
            return True
        counts: dict[str, tuple[CounterToken, int]] = {}
        lives = job.workspace.schedulerpath / "holders"
        partials = ((self._partial(path, lives), 1) for path in job.partials)
        for token, count in (*((need.token, need.count) for need in job.tokens), *partials):
            counts[token.path] = (token, counts.get(token.path, (token, 0))[1] + count)
        self._held[job] = []
        self._wanted[job] = [counts[path] for path in sorted(counts)]
        return self._advance(job)

    def _partial(self, path: str, lives: Path) -> CounterToken:
        """The counter of a partial folder, which serves one task at a time."""
        token = self._partials.get(path)
        if token is None:
            folder = os.path.join(path, ".experimaestro", "token")
            token = self._partials[path] = CounterToken(
                os.path.basename(path), folder, 1, lives=lives
            )
        return token

    def _advance(self, job: Job) -> bool:
        """Ask for one counter after the other, as long as units are there at once."""
        wanted = self._wanted[job]
        while wanted:
            token, count = wanted[0]
            request = token.request(count, job.folder.path)
            self._held[job].append(request)
            if not request.poll():
                self._askers[request] = job
                self._watch(token)
                return False
            wanted.pop(0)
        del self._wanted[job]
        return True

    def _watch(self, token: CounterToken) -> None:
        if token not in self._watched:
            self._watched.add(token)
            self._later.later(token.interval, self._look, token)

    def _look(self, token: CounterToken) -> None:
        """See whose turn it is: one look for all jobs that wait for a counter."""
        self._watched.discard(token)
        try:
            token.poll()
        except (OSError, LauncherError) as error:
            self._give_up(token, error)
        granted = [request for request in self._askers if request.granted]
        for request in granted:
            job = self._askers.pop(request)
            self._wanted[job].pop(0)
            try:
                if self._advance(job):
                    self._granted(job)
            except (OSError, LauncherError) as error:
                self._failed(job, error)
        if any(request.token is token for request in self._askers):
            self._watch(token)

    def _give_up(self, token: CounterToken, error: Exception) -> None:
        """A counter cannot be read: those who wait for it would do so for ever."""
        for request, job in tuple(self._askers.items()):
            if request.token is token and not request.granted:
                self._failed(job, error)

    def begun(self, job: Job) -> None:
        """An attempt is on disk: what is held is the job's, whatever becomes of this process."""
        requests = self._held.get(job)
        if requests is None:
            return
        for request in requests:
            try:
                request.set_evidence(locks=(job.folder.lock,))
            except RuntimeError as error:  # somebody has removed the counter's files
                raise SchedulerError(f"{request.token.path}: {error}") from None
        write_json(job.folder.locks, {"dynamic_locks": [_describe(r) for r in requests]})

    def started(self, job: Job, handle: Mapping[str, Any]) -> None:
        """The job's process is known."""
        for request in self._held.get(job, ()):
            with contextlib.suppress(RuntimeError):  # as above; the job's lock shows it too
                request.set_evidence(locks=(job.folder.lock,), process=handle)

    def release(self, job: Job) -> None:
        """Give back all that a job holds, and ask for nothing more."""
        requests = self._held.pop(job, None)
        if requests is None:
            return
        self._wanted.pop(job, None)
        for request in requests:
            self._askers.pop(request, None)
            try:
                request.release()
            except (OSError, LauncherError) as error:
                # Nothing can be done about it, and they are free when the job's lock is.
                _logger.error("%s: %r cannot be given back: %s", job.locator, request, error)
        forget_locks(job.folder)

    def leave(self, job: Job) -> None:
        """This process does not follow the job any more: it holds what it has for itself."""
        for request in self._held.pop(job, ()):
            request.set_evidence(locks=(job.folder.lock,), own=False, grace=_GRACE)


def _describe(request: TokenRequest) -> dict[str, Any]:
    return {
        "name": request.token.name,
        "token_path": request.token.path,
        "total": request.token.total,
        "lives": request.token.lives,
        "count": request.units,
    }


def forget_locks(folder: JobFolder) -> None:
    """Remove what says which tokens a job holds."""
    with contextlib.suppress(OSError):
        os.unlink(folder.locks)


def hold(folder: JobFolder) -> list[TokenRequest]:
    """Make sure, in a job's process that holds the job's lock, that it has what it needs.

    Returns:
        What had to be taken again, to be held until the process ends.

    Raises:
        CorruptFileError: the record of what it needs is no such thing.
    """
    record = read_json_object(folder.locks)
    if record is None:
        return []
    taken = []
    for token, count in _read_needs(folder, record):
        # Alive for as long as we hold the job's lock, so that the answer stays true.
        if token.holding(folder.path) is None:
            request = token.acquire(count, key=folder.path)
            request.set_evidence(locks=(folder.lock,))
            taken.append(request)
    return taken


def _read_needs(folder: JobFolder, record: Mapping[str, Any]) -> Iterable[tuple[CounterToken, int]]:
    try:
        needs = [
            (need["name"], need["token_path"], need["total"], need["count"], need.get("lives"))
            for need in record["dynamic_locks"]
        ]
    except (KeyError, TypeError) as error:
        raise CorruptFileError(f"{folder.locks}: expected the tokens of a job: {error}") from None
    for name, path, total, count, lives in sorted(needs, key=lambda need: str(need[1])):
        yield CounterToken(name, path, total, lives=lives), count
