"""What is asked of a counter, and what is held of it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from xpm_launchers.exceptions import CapacityError

from .queue import Claim, Evidence

if TYPE_CHECKING:
    from .token import CounterToken


class TokenDependency:
    """What a task needs of a counter while it runs.

    :param token: the counter.
    :param count: units of it.
    """

    __slots__ = ("count", "token")

    def __init__(self, token: CounterToken, count: int) -> None:
        self.token = token
        self.count = count

    def __repr__(self) -> str:
        return f"<{self.count} of {self.token.name}>"


class TokenRequest:
    """Units asked for, then held; made by :meth:`CounterToken.request`.

    As a context manager it is given back at the end.
    """

    __slots__ = ("_claim", "_granted", "_pid", "token")

    def __init__(self, token: CounterToken, claim: Claim, *, granted: bool = False) -> None:
        self.token = token
        self._claim = claim
        self._granted = granted
        self._pid = os.getpid()

    def __repr__(self) -> str:
        state = "held" if self._granted else "waiting"
        return f"<{self.units} of {self.token.name}, {state}, key={self.key!r}>"

    @property
    def units(self) -> int:
        """How many units."""
        return self._claim.units

    @property
    def key(self) -> str:
        """What it is for, as given when it was asked for."""
        return self._claim.key

    @property
    def granted(self) -> bool:
        """Whether the units are held, as far as was seen; does not look."""
        return self._granted

    def poll(self) -> bool:
        """Look whether the units are held by now; does not wait.

        :raises CapacityError: when there are no longer so many units in all.
        """
        if not self._granted:
            self.token.poll()
            if self.units > self.token.total:
                raise CapacityError(too_many(self.token, self.units))
        return self._granted

    def point(
        self,
        *,
        locks: Sequence[str | os.PathLike[str]] = (),
        process: Mapping[str, Any] | None = None,
        grace: float = 0.0,
        own: bool = True,
    ) -> None:
        """Say what shows, from now on, that the holder of the units is alive.

        Units are held until they are released, or until nothing shows life any more: what is said
        here replaces what was said before. So units taken for a job outlive whoever took them.

        :param locks: files that the job holds a lock (``flock``) on while it lives, shared or not.
        :param process: its handle (:meth:`xpm_launchers.Process.handle`).
        :param grace: seconds, from now, during which it counts as alive whatever shows.
        :param own: whether it counts as alive while this process lives.
        :raises RuntimeError: when the units are not held.
        """
        evidence = Evidence(
            own,
            tuple(os.path.abspath(path) for path in locks),
            process,
            time.time() + grace if grace else 0.0,
        )
        self._claim = self.token._point(self, evidence)

    def release(self) -> None:
        """Give the units back, or withdraw the request; a second time does nothing.

        In a process that was forked after the request it does nothing: the units are its parent's.
        """
        if self._pid == os.getpid():
            self.token._release(self)

    def __enter__(self) -> TokenRequest:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def too_many(token: CounterToken, units: int) -> str:
    """The words for a request that can never be met."""
    return f"token {token.name!r} ({token.path}): {units} units asked for, there are {token.total}"
