"""The command that runs a job, and what a fork server loads for it beforehand."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_launchers import Command, PythonCall
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.layout import JobFolder

if TYPE_CHECKING:
    from xpm_launchers import Launcher

#: What is called in a job's process; the fork server has its module loaded already.
RUNNER_MODULE = "xpm_scheduler.runner"
RUNNER = f"{RUNNER_MODULE}:main"

#: What a fork server loads once, for all jobs.
_preloaded = [RUNNER_MODULE]


def preload_for_jobs(module: str) -> None:
    """Have fork servers load a module that most plans import beside their tasks.

    A job loads the plan's own script when that is where its task is.
    """
    _preloaded.append(module)


def ready_for_jobs(launcher: Launcher) -> Launcher:
    """Make sure that the launcher has the runner loaded, wherever it was made."""
    # Not loaded by a plan that has nothing to run.
    from xpm_launchers import DirectLauncher

    if isinstance(launcher, DirectLauncher) and RUNNER_MODULE not in launcher.preload:
        launcher.preload = (*launcher.preload, *_preloaded)
    return launcher


def job_command(job: Job, folder: JobFolder, token: str) -> Command:
    """Return the command that runs an attempt of a job.

    Args:
        job: the job.
        folder: its folder.
        token: that of the attempt.
    """
    return Command(
        call=PythonCall(RUNNER, (folder.path, token)),
        cwd=Path(folder.path),
        stdout=Path(folder.stdout),
        stderr=Path(folder.stderr),
        environ=job.full_environ(),
        python_path=python_path(),
    )


def python_path() -> tuple[str, ...]:
    """Return where this process finds modules; the empty entry is the current folder."""
    return _absolute(tuple(sys.path), os.getcwd())


@lru_cache(maxsize=8)
def _absolute(path: tuple[str, ...], cwd: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry or cwd for entry in path))
