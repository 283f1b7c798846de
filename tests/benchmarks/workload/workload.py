"""The tasks of the benchmarks, as in a module of a user's: it imports `experimaestro` alone."""

from __future__ import annotations

import time
from pathlib import Path

from experimaestro import Param, Task, field, progress, tqdm


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


class Layered(Task):
    """Does nothing, after some others."""

    x: Param[int]
    needs: Param[list[Layered]]

    def execute(self) -> None:
        pass


class Steps(Task):
    """Reports each of many steps that take no time, and notes the seconds that each costs."""

    n: Param[int]

    def execute(self) -> None:
        start = time.process_time()
        for _ in tqdm(range(self.n)):
            pass
        bar = time.process_time() - start
        start = time.process_time()
        for step in range(self.n):
            progress(step / self.n)
        calls = time.process_time() - start
        Path("took").write_text(f"{bar / self.n} {calls / self.n}")
