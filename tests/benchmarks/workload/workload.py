"""The tasks of the benchmarks, as in a module of a user's: it imports `experimaestro` alone."""

from __future__ import annotations

import time
from pathlib import Path

from experimaestro import Param, Task, field


class Noop(Task):
    """Does nothing."""

    x: Param[int]

    def execute(self) -> None:
        pass


class Link(Task):
    """Does nothing, after another task."""

    x: Param[int]
    previous: Param[Task | None] = field(default=None)

    def execute(self) -> None:
        pass


class Gate(Task):
    """Lasts until a file appears."""

    release: Param[Path]

    def execute(self) -> None:
        limit = time.monotonic() + 600
        while not self.release.exists() and time.monotonic() < limit:
            time.sleep(0.05)


class Behind(Task):
    """Does nothing, after the gate."""

    x: Param[int]
    gate: Param[Gate]

    def execute(self) -> None:
        pass
