"""Tasks that start processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

from sample import wait_for

from xpm_config import Meta, Param, PathGenerator, field
from xpm_scheduler import Task


def square(number: int) -> int:
    return number * number


class Pooled(Task):
    """Works in a pool of processes."""

    number: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("out"))

    def execute(self) -> None:
        with multiprocessing.get_context("fork").Pool(3) as pool:
            self.out.write_text(str(sum(pool.map(square, range(self.number)))))


class Forked(Task):
    """Has a child that comes back from ``execute``, or fails, before it fails itself."""

    child_fails: Param[bool]

    def execute(self) -> None:
        gone = Path("gone")
        child = os.fork()
        if child == 0:
            if self.child_fails:
                raise ValueError("the child fails")
            return
        os.waitpid(child, 0)
        gone.touch()
        wait_for(gone)
        assert not Path("forked.done").exists()
        assert not Path("forked.failed").exists()
        raise OSError("the parent fails")
