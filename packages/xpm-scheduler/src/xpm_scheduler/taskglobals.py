"""What a process that runs a job knows about itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from xpm_launchers import remaining_time

RANK_VARIABLES = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK")


class Env:
    """The job of this process.

    Attributes:
        taskpath: the job's folder; `None` outside a job.
        loading: whether the job's classes are being loaded, before anything is run.
    """

    taskpath: ClassVar[Path | None] = None
    loading: ClassVar[bool] = False
    #: Tokens that the job's process took for itself, held until it ends.
    held: ClassVar[Sequence[object]] = ()
    _instance: ClassVar[Env | None] = None

    @classmethod
    def instance(cls) -> Env:
        """Return the one object of this process."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    @property
    def wdir(self) -> Path | None:
        """The job's folder; `None` outside a job."""
        return Env.taskpath

    @property
    def slave(self) -> bool:
        """Whether another process of the same distributed job reports, locks and marks."""
        return not is_main_process()

    def remaining_time(self) -> float | None:
        """Return the seconds until the time limit of this process's job; `None` without one."""
        return remaining_time()


def is_main_process() -> bool:
    """Return whether this is rank 0 of a distributed job, or the job is not distributed."""
    for variable in RANK_VARIABLES:
        rank = os.environ.get(variable)
        if rank is not None:
            return rank == "0"
    return True
