"""What the readers of one load share."""

from __future__ import annotations

from collections.abc import Callable

from xpm_serialize._format.source import Source


class Group:
    """The readers of one load: the objects of one may hold those of others.

    Attributes:
        finishers: the `finish` of each reader: does what can only be done once all objects are
            there, and returns whether there was something to do.
        pending: what is to be called, in order, once all objects are there.
        tasks: job's folder → its task, read or not.
        exists: returns whether the folder of a job, which a file refers to, is there.
    """

    __slots__ = ("exists", "finishers", "pending", "tasks")

    def __init__(self) -> None:
        self.finishers: list[Callable[[], bool]] = []
        self.pending: list[Callable[[], object]] = []
        self.tasks: dict[str | None, object] = {}
        self.exists: Callable[[str, Source], bool] = lambda job, source: False

    def call_pending(self) -> None:
        """Call what was to be called once all objects are there."""
        pending, self.pending = self.pending, []
        for call in pending:
            call()

    def finish(self) -> None:
        """Do what can only be done once all objects are there."""
        busy = True
        while busy:
            # All of them, each time: one may give work to another.
            busy = False
            for finish in self.finishers:
                busy |= finish()
        self.call_pending()
