"""The tokens that jobs hold while they run: counters shared by all processes.

A driver takes the units before it asks the launcher for a slot, in one order of counters for
everybody, so that no two jobs wait for each other. Once the attempt is on disk the units are
held by the holder of the job's lock: they survive the driver, and are free again when the job's
process is gone, even if nobody watches it. As a process may start later than all that was known
of it (a driver killed, a queue), it looks itself, before it executes, whether the units are still
the job's, and takes them again if they are not: that is what makes "never exceeded" true.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_launchers import LauncherError
from xpm_os.files import write_json
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.markers import forget_locks
from xpm_scheduler.exceptions import SchedulerError

from .event_loop import EventLoop

if TYPE_CHECKING:
    from xpm_launchers import CounterToken, TokenRequest

_logger = logging.getLogger("xpm.scheduler")

#: Seconds for which units stay a job's after its driver has left it while it was being started.
_GRACE = 30.0


class JobResources:
    """What the jobs of this driver hold, and wait for; used in the scheduler's thread.

    Args:
        loop: calls functions after some time.
        granted: called when a job that had to wait holds all that it requires.
        failed: called when it never will.
    """

    def __init__(
        self,
        loop: EventLoop,
        granted: Callable[[Job], None],
        failed: Callable[[Job, Exception], None],
    ) -> None:
        self._loop = loop
        self._granted = granted
        self._failed = failed
        self._held: dict[Job, list[TokenRequest]] = {}
        #: For a job that waits, what it requires beyond what it holds; the first was asked for.
        self._wanted: dict[Job, list[tuple[CounterToken, int]]] = {}
        self._waiting: dict[TokenRequest, Job] = {}
        #: Counters that are looked at from time to time.
        self._watched: set[CounterToken] = set()
        self._partials: dict[str, CounterToken] = {}

    def acquire(self, job: Job) -> bool:
        """Take all that a job requires.

        Returns:
            Whether it is held; if not, `granted` is called when it is.

        Raises:
            LauncherError: there are not so many units in all.
            OSError: a counter's folder cannot be used.
        """
        if not job.tokens and not job.partials:
            return True
        counts: dict[str, tuple[CounterToken, int]] = {}
        lives = job.workspace.schedulerpath / "holders"
        partials = ((self._partial(path, lives), 1) for path in job.partials)
        for token, count in (*((each.token, each.count) for each in job.tokens), *partials):
            counts[token.path] = (token, counts.get(token.path, (token, 0))[1] + count)
        self._held[job] = []
        self._wanted[job] = [counts[path] for path in sorted(counts)]
        return self._advance(job)

    def _partial(self, path: str, lives: Path) -> CounterToken:
        """Return the counter of a partial folder, which serves one task at a time."""
        token = self._partials.get(path)
        if token is None:
            # Not loaded by a plan whose jobs share nothing.
            from xpm_launchers import CounterToken

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
                self._waiting[request] = job
                self._watch(token)
                return False
            wanted.pop(0)
        del self._wanted[job]
        return True

    def _watch(self, token: CounterToken) -> None:
        if token not in self._watched:
            self._watched.add(token)
            self._loop.later(token.interval, self._poll, token)

    def _poll(self, token: CounterToken) -> None:
        """Look which requests are granted: once for all jobs that wait for a counter."""
        self._watched.discard(token)
        try:
            token.poll()
        except (OSError, LauncherError) as error:
            self._give_up(token, error)
        granted = [request for request in self._waiting if request.granted]
        for request in granted:
            job = self._waiting.pop(request)
            self._wanted[job].pop(0)
            try:
                if self._advance(job):
                    self._granted(job)
            except (OSError, LauncherError) as error:
                self._failed(job, error)
        if any(request.token is token for request in self._waiting):
            self._watch(token)

    def _give_up(self, token: CounterToken, error: Exception) -> None:
        """Fail the jobs that wait for a counter that cannot be read: they would wait for ever."""
        for request, job in tuple(self._waiting.items()):
            if request.token is token and not request.granted:
                self._failed(job, error)

    def begun(self, job: Job) -> None:
        """Make what is held the job's, whatever becomes of this process: an attempt is on disk."""
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
        """Record the job's process."""
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
            self._waiting.pop(request, None)
            try:
                request.release()
            except (OSError, LauncherError) as error:
                # Nothing can be done about it, and they are free when the job's lock is.
                _logger.error("%s: %r cannot be given back: %s", job.locator, request, error)
        forget_locks(job.folder)

    def leave(self, job: Job) -> None:
        """Leave what a job holds to the job, which this process does not follow any more."""
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
