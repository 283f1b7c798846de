"""Tasks that run in several processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sample import note, wait_for

from xpm_config import Meta, Param, field
from xpm_scheduler import Task, progress
from xpm_scheduler.taskglobals import Env

VARIABLES = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")


def rank_of_this_process() -> int:
    """The rank, as whatever has started this process says."""
    printed = [os.environ[name] for name in VARIABLES if name in os.environ]
    return int(printed[0]) if printed else 0


class Ranked(Task):
    """Waits until all ranks have begun."""

    ranks: Param[int]
    journal: Meta[Path]
    fail: Meta[int] = field(default=-1)

    def execute(self) -> None:
        rank = rank_of_this_process()
        progress(1.0)
        note(self.journal, f"{rank} {'slave' if Env.instance().slave else 'main'}")
        Path(f"begun-{rank}").touch()
        for other in range(self.ranks):
            wait_for(Path(f"begun-{other}"))
        if rank == self.fail:
            raise ValueError("as it was told")


class Starting(Ranked):
    """Starts the other ranks."""

    def execute(self) -> None:
        others = []
        if not Env.instance().slave:
            others = [
                subprocess.Popen(
                    [sys.executable, "starting.py"], env={**os.environ, "RANK": str(rank)}
                )
                for rank in range(1, self.ranks)
            ]
        super().execute()
        assert [other.wait(30) for other in others] == [0] * len(others)
