"""Tasks that note what happens to them, for tests that kill processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sample import note

from xpm_config import Config, Meta, Param, PathGenerator, field, param_group, partial
from xpm_scheduler import GracefulTimeout, LightweightTask, ResumableTask, Task

SCHEDULE = param_group("fault schedule")


class Warm(LightweightTask):
    """Notes that it was executed, before the task it belongs to."""

    number: Param[int]
    journal: Meta[Path]

    def execute(self) -> None:
        note(self.journal, f"init {self.number} {os.getpid()}")


class Work(Task):
    """Notes when it begins and ends: ``begin NUMBER PROCESS``."""

    number: Param[int]
    journal: Meta[Path]
    seconds: Meta[float] = field(default=0.0)
    before: Param[list[Config]] = field(default_factory=list)

    def execute(self) -> None:
        note(self.journal, f"begin {self.number} {os.getpid()}")
        time.sleep(self.seconds)
        note(self.journal, f"end {self.number} {os.getpid()}")


class Guarded(Work):
    """Also notes the units of a token that it holds."""

    units: Param[int] = field(default=1)

    def execute(self) -> None:
        note(self.journal, f"enter {self.number} {os.getpid()} {self.units}")
        super().execute()
        note(self.journal, f"leave {self.number} {os.getpid()} {self.units}")


class Partly(ResumableTask):
    """Takes two executions."""

    number: Param[int]
    journal: Meta[Path]
    half: Meta[Path] = field(default_factory=PathGenerator("half"))

    def execute(self) -> None:
        note(self.journal, f"begin {self.number} {os.getpid()}")
        if not self.half.exists():
            self.half.touch()
            raise GracefulTimeout
        note(self.journal, f"end {self.number} {os.getpid()}")


class Shared(Work):
    """Has a folder for itself while it runs that others use too."""

    number: Param[int] = field(groups=[SCHEDULE], overrides=True)
    folder: Meta[Path] = field(
        default_factory=PathGenerator("shared", partial=partial(exclude_groups=[SCHEDULE]))
    )

    def execute(self) -> None:
        note(self.journal, f"open {self.number} {os.getpid()}")
        super().execute()
        note(self.journal, f"close {self.number} {os.getpid()}")
