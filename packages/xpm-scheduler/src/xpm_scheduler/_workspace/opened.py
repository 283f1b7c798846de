"""What threads have opened, and for which of it each of them works."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class OpenStack(Generic[T]):
    """Things that are open in this process, the innermost last."""

    def __init__(self) -> None:
        self._open: list[tuple[int, T]] = []
        #: What a thread works for, where it is not what it has opened last.
        self._chosen = threading.local()

    def push(self, item: T) -> None:
        """Add what this thread has opened."""
        self._open.append((threading.get_ident(), item))

    def remove(self, item: T) -> None:
        """Remove what was opened; not always in the order in which that was done."""
        entry = next(each for each in self._open if each[1] is item)
        self._open.remove(entry)

    def of_this_thread(self) -> list[T]:
        """Return what this thread has opened."""
        me = threading.get_ident()
        return [item for thread, item in self._open if thread == me]

    def last(self) -> T | None:
        """Return what was opened last, by whichever thread."""
        return self._open[-1][1] if self._open else None

    def current(self) -> T | None:
        """Return what this thread works for: by default, what it has opened last."""
        chosen: T | None = getattr(self._chosen, "item", None)
        if chosen is not None:
            return chosen
        own = self.of_this_thread()
        # A thread that has opened nothing, such as one of a pool, works for what was opened last.
        return own[-1] if own else self.last()

    @contextlib.contextmanager
    def using(self, item: T) -> Iterator[None]:
        """Work for something in this thread, whatever was opened last."""
        before = getattr(self._chosen, "item", None)
        self._chosen.item = item
        try:
            yield
        finally:
            self._chosen.item = before

    def __len__(self) -> int:
        return len(self._open)
