"""Counters: so many units, shared by every process that names the same folder."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from xpm_launchers.exceptions import CapacityError, TokenTimeoutError

from .counter import Counter, OwnClaim
from .holders import HOLDERS
from .queue import Claim, Evidence


class _TakesDependencies(Protocol):
    def add_dependencies(self, *dependencies: Any) -> Any: ...


TaskT = TypeVar("TaskT", bound=_TakesDependencies)


class CounterToken:
    """A counter of so many units, shared by every process of every host that sees its folder.

    Never are more units held than there are. Requests are served in their order, however many units
    they are for: one for all units gets them in the end. The units of a process that dies are free.

    >>> token = CounterToken("licence", folder, 2)                      # doctest: +SKIP
    >>> with token.acquire(1, timeout=60):                              # doctest: +SKIP
    ...     ...

    Args:
        name: Its name, for people.
        path: Its folder, made if it is not there.
        total: How many units there are. If processes differ, the last number holds for all;
            lowered, it takes no units from those that hold some.
        lives: Folder of the files that show which processes are alive; by default it is in `path`.
            A program with thousands of counters keeps one file open, not thousands, when they share
            this folder; it must be as visible as the counters'.

    Raises:
        ValueError: When `total` is not a positive number.
        OSError: When the folder cannot be written.
        TokenFileError: When the folder holds something else.
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
        os.makedirs(self.path, exist_ok=True)
        holders = os.path.abspath(lives or os.path.join(self.path, HOLDERS))
        self._counter: Counter[TokenRequest] = Counter(self.path, holders)
        self._counter.set_total(total)

    def __repr__(self) -> str:
        return f"CounterToken({self.name!r}, {self.path!r}, {self.total})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.name, self.path, self.total, self.lives)

    @property
    def total(self) -> int:
        """How many units there are, as far as was seen."""
        return self._counter.total

    @property
    def lives(self) -> str:
        """Folder of the files that show which processes are alive."""
        return self._counter.holders

    # --- For plans

    def dependency(self, count: int = 1) -> TokenDependency:
        """Return what makes a task need `count` units while it runs.

        Raises:
            CapacityError: When there are not so many in all.
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
            raise CapacityError(self._too_many(units))

    def _too_many(self, units: int) -> str:
        return f"token {self.name!r} ({self.path}): {units} units requested, there are {self.total}"

    # --- For what needs units

    def acquire(
        self, units: int = 1, *, timeout: float | None = None, key: str = ""
    ) -> TokenRequest:
        """Acquire units, and return what holds them: use it in a `with`.

        Args:
            units: How many.
            timeout: Seconds to wait at most; None: for ever.
            key: See `request`.

        Raises:
            TokenTimeoutError: When they were not free in time.
            CapacityError: When there are not so many in all.
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
        """Queue for units, without waiting; they may be granted at once.

        Args:
            units: How many.
            key: What they are for; `holding` finds it, also from another process.

        Raises:
            CapacityError: When there are not so many in all.
        """
        self._check(units)
        return self._counter.request(units, key, lambda claim: TokenRequest(self, claim))

    def holding(self, key: str) -> TokenRequest | None:
        """Return what holds units under `key`, whatever process acquired them; None without one.

        It is for a process that goes on with what a dead one began, and releases the units in its
        place.
        """
        claim = self._counter.find(key)
        return None if claim is None else TokenRequest(self, claim, granted=True)

    def poll(self) -> list[TokenRequest]:
        """Return the requests that were granted since the last call, without waiting.

        One call looks for all requests of this object, and costs a microsecond when nothing has
        changed: with many requests, it is called here every `interval` seconds.

        Raises:
            TokenFileError: When requests are no longer in the counter's file.
        """
        return self._counter.poll()

    @property
    def interval(self) -> float:
        """Seconds after which to look again: a tenth of what has been waited, up to 0.25 s."""
        return self._counter.interval

    @property
    def available(self) -> int:
        """How many units are free now."""
        return self._counter.available

    def close(self) -> None:
        """Withdraw what waits, and release what is held, but for what lives elsewhere."""
        self._counter.close()


class TokenDependency:
    """What a task needs of a counter while it runs.

    Args:
        token: The counter.
        count: Units of it.
    """

    __slots__ = ("count", "token")

    def __init__(self, token: CounterToken, count: int) -> None:
        self.token = token
        self.count = count

    def __repr__(self) -> str:
        return f"<{self.count} of {self.token.name}>"


class TokenRequest(OwnClaim):
    """Units requested, then held; made by `CounterToken.request`.

    As a context manager it releases them at the end.
    """

    __slots__ = ("_pid", "token")

    def __init__(self, token: CounterToken, claim: Claim, *, granted: bool = False) -> None:
        super().__init__(claim, granted=granted)
        self.token = token
        self._pid = os.getpid()

    def __repr__(self) -> str:
        state = "held" if self.granted else "waiting"
        return f"<{self.units} of {self.token.name}, {state}, key={self.key!r}>"

    @property
    def units(self) -> int:
        """How many units."""
        return self.claim.units

    @property
    def key(self) -> str:
        """What they are for, as given with the request."""
        return self.claim.key

    def poll(self) -> bool:
        """Return whether the units are held by now, without waiting.

        Raises:
            CapacityError: When there are no longer so many units in all.
        """
        if not self.granted:
            self.token.poll()
            if self.units > self.token.total:
                raise CapacityError(self.token._too_many(self.units))
        return self.granted

    def set_evidence(
        self,
        *,
        locks: Sequence[str | os.PathLike[str]] = (),
        process: Mapping[str, Any] | None = None,
        grace: float = 0.0,
        own: bool = True,
    ) -> None:
        """Set what shows, from now on, that the holder of the units is alive.

        Units are held until they are released, or until nothing shows life any more: this evidence
        replaces the earlier one. So units of a job outlive the process that acquired them.

        Args:
            locks: Files that the job holds a lock (`flock`) on while it lives, shared or not.
            process: Its handle (`xpm_launchers.Process.handle`).
            grace: Seconds, from now, during which it counts as alive without other evidence.
            own: Whether it counts as alive while this process lives.

        Raises:
            RuntimeError: When the units are not held.
        """
        evidence = Evidence(
            own,
            tuple(os.path.abspath(path) for path in locks),
            process,
            time.time() + grace if grace else 0.0,
        )
        self.token._counter.set_evidence(self, evidence)

    #: The older name of it
    point = set_evidence

    def release(self) -> None:
        """Release the units, or withdraw the request; a second time does nothing.

        In a process that was forked after the request it does nothing: the units are its parent's.
        """
        if self._pid == os.getpid():
            self.token._counter.release(self)

    def __enter__(self) -> TokenRequest:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def _remade(name: str, path: str, total: int, lives: str) -> CounterToken:
    """Return what a pickled counter becomes."""
    return CounterToken(name, path, total, lives=lives)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
