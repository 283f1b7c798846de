"""Counters: so many units, shared by every process that names the same folder."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Protocol, TypeVar

from xpm_launchers.exceptions import CapacityError, TokenFileError, TokenTimeoutError

from .holder_files import LifeFile, life_file
from .holders import LIVES, is_alive, owner_is_alive
from .legacy import units_held, write_total
from .log import Log
from .queue import Claim, Evidence, Queue, ask, end, point, take
from .request import TokenDependency, TokenRequest, too_many


class _TakesDependencies(Protocol):
    def add_dependencies(self, *dependencies: Any) -> Any: ...


TaskT = TypeVar("TaskT", bound=_TakesDependencies)


class CounterToken:
    """A counter of so many units, shared by every process of every host that sees its folder.

    Never are more units held than there are. Requests are served in the order of asking, whatever
    they ask for: one for all units gets them in the end. Units of whoever dies are free again.

    >>> token = CounterToken("licence", folder, 2)                      # doctest: +SKIP
    >>> with token.acquire(1, timeout=60):                              # doctest: +SKIP
    ...     ...

    :param name: its name, for people.
    :param path: its folder, made if it is not there.
    :param total: how many units there are. If processes differ, what was said last holds for all;
        lowered, it takes nothing away from those who hold units.
    :param lives: folder of the files that show which processes are alive; by default it is in
        `path`. A program with thousands of counters keeps one file open, not thousands, when they
        share this folder; it must be as visible as the counters'.
    :raises ValueError: when `total` is not a positive number.
    :raises OSError: when the folder cannot be written.
    :raises TokenFileError: when the folder holds something else.
    """

    def __init__(
        self,
        name: str,
        path: str | os.PathLike[str],
        total: int,
        *,
        lives: str | os.PathLike[str] | None = None,
    ) -> None:
        if not _is_count(total):
            raise ValueError(f"token {name!r}: expected a number of units from 1, got {total!r}")
        self.name = name
        self.path = os.path.abspath(path)
        self._lives = os.path.abspath(lives or os.path.join(self.path, LIVES))
        os.makedirs(self.path, exist_ok=True)
        self._reset()
        with self._log:
            if self._log.queue.total != total:
                self._log.write([{"op": "total", "total": total}])
                write_total(self.path, total)

    def _reset(self) -> None:
        self._pid = os.getpid()
        self._mutex = threading.RLock()
        self._log = Log(self.path)
        self._life: LifeFile | None = None
        #: Requests of this process that wait
        self._waiting: dict[int, TokenRequest] = {}
        #: Numbers of those that hold units
        self._held: set[int] = set()
        self._granted: list[TokenRequest] = []
        #: Requests that waited, and are gone from the log
        self._missed: list[TokenRequest] = []
        #: Given back, but not written as the disk was full
        self._owed: list[Claim] = []
        self._stuck_since = self._probe_at = time.monotonic()

    def __repr__(self) -> str:
        return f"CounterToken({self.name!r}, {self.path!r}, {self.total})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.name, self.path, self.total, self._lives)

    @property
    def total(self) -> int:
        """How many units there are, as far as was seen."""
        return self._log.queue.total

    @property
    def lives(self) -> str:
        """Folder of the files that show which processes are alive."""
        return self._lives

    # --- For whoever plans

    def dependency(self, count: int = 1) -> TokenDependency:
        """Return what makes a task need `count` units while it runs.

        :raises CapacityError: when there are not so many in all.
        """
        self._check(count)
        return TokenDependency(self, count)

    def __call__(self, count: int, task: TaskT) -> TaskT:
        """Make `task` need `count` units while it runs, and return it."""
        task.add_dependencies(self.dependency(count))
        return task

    def _check(self, units: int) -> None:
        if not _is_count(units):
            raise ValueError(f"token {self.name!r}: expected a number of units, got {units!r}")
        if units > self.total:
            raise CapacityError(too_many(self, units))

    # --- For whoever needs units

    def acquire(
        self, units: int = 1, *, timeout: float | None = None, key: str = ""
    ) -> TokenRequest:
        """Wait for units, and return what holds them: use it in a ``with``.

        :param units: how many.
        :param timeout: seconds to wait at most; None: for ever.
        :param key: see :meth:`request`.
        :raises TokenTimeoutError: when they were not free in time.
        :raises CapacityError: when there are not so many in all.
        """
        limit = None if timeout is None else time.monotonic() + timeout
        request = self.request(units, key)
        try:
            while not request.poll():
                left = self.interval if limit is None else limit - time.monotonic()
                if left <= 0:
                    raise TokenTimeoutError(
                        f"token {self.name!r} ({self.path}): {units} of {self.total} units were "
                        f"not free within {timeout} s"
                    )
                time.sleep(min(left, self.interval))
        except BaseException:
            request.release()
            raise
        return request

    def request(self, units: int = 1, key: str = "") -> TokenRequest:
        """Queue for units; does not wait, but may be granted at once.

        :param units: how many.
        :param key: what they are for; :meth:`holding` finds it, also from another process.
        :raises CapacityError: when there are not so many in all.
        """
        self._check(units)
        with self._entered(), self._log:
            life = self._alive()
            claim = Claim(self._log.queue.last + 1, units, key, life)
            if not self._waiting:
                self._progress()
            self._log.write([ask(claim)])
            request = self._waiting[claim.number] = TokenRequest(self, claim)
            self._settle()
        return request

    def holding(self, key: str) -> TokenRequest | None:
        """Return what holds units under `key`, whichever process took them; None if nothing does.

        It is for a process that goes on with what a dead one began, and releases the units in its
        place.
        """
        with self._entered(), self._log:
            claim = self._log.queue.find(key)
        if claim is None or not is_alive(claim, self.path, self._mine):
            return None
        return TokenRequest(self, claim, granted=True)

    def poll(self) -> list[TokenRequest]:
        """Look at the counter; does not wait.

        One call looks for all requests of this object, and costs a microsecond when nothing has
        changed: whoever has many asks here, every :attr:`interval` seconds.

        :returns: the requests that were granted since the last call.
        :raises TokenFileError: when requests are no longer in the counter's file.
        """
        with self._entered():
            if self._waiting:
                if self._log.changed():
                    with self._log:
                        self._progress()
                        self._settle()
                if self._waiting and time.monotonic() >= self._probe_at:
                    self._clear_dead()
            if self._missed:
                raise TokenFileError(
                    f"{self._log.path}: requests for units are gone; was the file removed?"
                )
            granted, self._granted = self._granted, []
        return granted

    @property
    def interval(self) -> float:
        """Seconds after which to look again: a tenth of what has been waited, up to 0.25 s."""
        return min(0.25, max(0.002, (time.monotonic() - self._stuck_since) / 10))

    @property
    def available(self) -> int:
        """How many units are free now."""
        with self._entered():
            self._clear_dead()
            queue = self._log.queue
            return max(0, queue.total - queue.used - units_held(self.path))

    def close(self) -> None:
        """Withdraw what waits, and give back what is held, but for what lives elsewhere."""
        with self._entered():
            with self._log:
                queue = self._log.queue
                held = [queue.held[number] for number in self._held if number in queue.held]
                over = [claim for claim in held if claim.evidence == Evidence()]
                over += [request._claim for request in self._waiting.values()]
                self._log.write([end(claim) for claim in over])
            self._reset()

    # --- Inside

    def _entered(self) -> threading.RLock:
        """Return the lock of the threads; in a forked child, begin anew first."""
        if self._pid != os.getpid():
            self._reset()
        return self._mutex

    @property
    def _mine(self) -> str:
        return os.path.relpath(self._life.path, self.path) if self._life is not None else ""

    def _alive(self) -> str:
        """Return this process's life file, made if needed, as a path from the counter's folder."""
        if self._life is None:
            self._life = life_file(self._lives)
        return self._mine

    def _progress(self) -> None:
        self._stuck_since = time.monotonic()
        self._probe_at = self._stuck_since + 0.1

    def _relax(self) -> None:
        """Need no life file when there is nothing to live for."""
        if not (self._waiting or self._held or self._owed):
            self._life = None

    def _settle(self) -> None:
        """Take the units whose turn it is; the log's lock is held.

        Others take theirs themselves: who does not look does not hold units without knowing.
        """
        self._pay()
        queue = self._log.queue
        self._miss(queue)
        elsewhere = None
        while (claim := queue.next()) is not None and claim.number in self._waiting:
            if elsewhere is None:
                elsewhere = units_held(self.path)
            if not queue.fits(claim, elsewhere):
                return
            self._log.write([take(claim)])
            request = self._waiting.pop(claim.number)
            request._granted = True
            self._held.add(claim.number)
            self._granted.append(request)

    def _miss(self, queue: Queue) -> None:
        """Put requests aside that are no longer there: they would be waited for in vain."""
        for number, request in tuple(self._waiting.items()):
            if number in queue.held or not queue.has(request._claim):
                self._missed.append(self._waiting.pop(number))

    def _pay(self) -> None:
        if self._owed:
            queue = self._log.queue
            # The number may be another's by now, if the file was removed.
            self._log.write([end(claim) for claim in self._owed if queue.has(claim)])
            self._owed.clear()

    def _release(self, request: TokenRequest) -> None:
        with self._entered():
            self._waiting.pop(request._claim.number, None)
            self._held.discard(request._claim.number)
            if request in self._granted:
                self._granted.remove(request)
            if request in self._missed:
                self._missed.remove(request)
            request._granted = False
            with self._log:
                self._owed.append(request._claim)
                try:
                    self._settle()
                except OSError:
                    return  # a full disk; it is written with what is written next
            self._relax()

    def _point(self, request: TokenRequest, evidence: Evidence) -> Claim:
        with self._entered(), self._log:
            claim = self._log.queue.held.get(request._claim.number)
            if claim is None or not request._granted:
                raise RuntimeError(f"{request!r}: it does not hold its units")
            self._held.add(claim.number)
            claim = claim._replace(owner=self._alive())
            self._log.write([point(claim, evidence)])
        return claim._replace(evidence=evidence)

    def _clear_dead(self) -> None:
        """Clear away the claims of the dead that keep others waiting.

        They are looked at without the lock, as that may take time.
        """
        with self._log:
            queue = self._log.queue
            first = queue.next()
            held = list(queue.held.values())
        mine = self._mine
        dead = [claim for claim in held if not is_alive(claim, self.path, mine)]
        owners = []
        if first is not None and not owner_is_alive(first.owner, self.path, mine):
            owners.append(first.owner)
        with self._log:
            queue = self._log.queue
            over = [claim for claim in dead if queue.held.get(claim.number) == claim]
            over += queue.of(owners)
            if over:
                self._log.write([end(claim) for claim in over])
                self._progress()
            self._settle()
        stuck = time.monotonic() - self._stuck_since
        self._probe_at = time.monotonic() + min(2.0, max(0.1, stuck / 4))


def _remade(name: str, path: str, total: int, lives: str) -> CounterToken:
    """What a pickled counter becomes."""
    return CounterToken(name, path, total, lives=lives)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
