"""Tasks that note what happens to them, for tests that kill processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sample import note, wait_for

from xpm_config import Config, Meta, Param, PathGenerator, field, param_group, partial
from xpm_scheduler import GracefulTimeout, LightweightTask, ResumableTask, Task, progress

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


class Big(Task):
    """Writes a large file, and half of it first."""

    size: Param[int]
    journal: Meta[Path]
    out: Meta[Path] = field(default_factory=PathGenerator("big.bin"))

    def execute(self) -> None:
        note(self.journal, f"begin {self.size} {os.getpid()}")
        with self.out.open("wb", buffering=0) as file:
            for _ in range(2):
                content = bytes(self.size // 2)
                while content:
                    content = content[file.write(content) :]
        note(self.journal, f"end {self.size} {os.getpid()}")


class Long(Task):
    """Lasts until a file is there, reporting how far it is."""

    number: Param[int]
    journal: Meta[Path]
    gate: Meta[Path]

    def execute(self) -> None:
        note(self.journal, f"begin {self.number} {os.getpid()}")
        progress(0.5)
        wait_for(self.gate)
        progress(1.0)
        note(self.journal, f"end {self.number} {os.getpid()}")
