"""What is checked and held when an experiment is opened."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from xpm_config import Config, walk
from xpm_os.hosts import host_name
from xpm_os.locks import FileLock
from xpm_scheduler._recording.git import DirtyGitAction, git_states, plan_folders
from xpm_scheduler._tasks.interfaces import Plan
from xpm_scheduler._tasks.job import Job
from xpm_scheduler.exceptions import DirtyGitError, NestedExperimentError, SubmissionError
from xpm_scheduler.taskglobals import Env

#: What experiments, services and saved objects may be called: they name folders.
_NAME = re.compile(r"[\w.@+=,-][\w.@+=, -]*")


def is_name(name: str) -> bool:
    """Return whether a folder can have this name."""
    return _NAME.fullmatch(name) is not None and name not in (".", "..")


def refuse_in_job(name: str) -> None:
    """Refuse an experiment that a job's process opens while it loads the task's script.

    Raises:
        NestedExperimentError: this is such a process.
    """
    if not Env.loading:
        return
    frame: FrameType | None = sys._getframe(1)
    package = __name__.partition(".")[0] + "."
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(package):
        frame = frame.f_back
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "the script"
    raise NestedExperimentError(
        f"{where}: the experiment {name!r} was opened while a job loads this file to find its "
        'task. Put what runs the plan under `if __name__ == "__main__":`'
    )


def know_own_script() -> None:
    """Have this process load what a job has pickled of this script's classes.

    A job has the script under the name that `multiprocessing` gives it in its processes; this
    is what `import multiprocessing` does here.
    """
    main = sys.modules.get("__main__")
    if main is not None:
        sys.modules.setdefault("__mp_main__", main)


def refuse_twice(name: str, workspace: Path, plans: Iterable[Plan[Job]]) -> None:
    """Refuse an experiment that this thread has open already: it would wait for itself.

    Args:
        name: the experiment.
        workspace: the folder of its workspace.
        plans: the experiments that this thread has open.

    Raises:
        SubmissionError: it is one of them.
    """
    for plan in plans:
        if plan.name == name and plan.workspace.path == workspace:
            raise SubmissionError(f"the experiment {name!r} is open already; leave it first")


def refuse_interactive(task: Config) -> None:
    """Refuse a task that a job could not load: its class is not defined in a file.

    Raises:
        SubmissionError: a class of it was defined in a notebook's cell, or at a prompt.
    """
    if hasattr(sys.modules["__main__"], "__file__"):
        return  # a script: a job loads the file
    for config in walk(task):
        kind = config.__xpm__.xpmtype.basetype
        if kind.__module__ == "__main__":
            raise SubmissionError(
                f"{kind.__qualname__} was defined in a notebook's cell, or at a prompt: a job runs "
                "in a process of its own, and cannot find it there. Put the class into a file, "
                f"such as tasks.py, and write `from tasks import {kind.__qualname__}`"
            )


def lock_runs(name: str, lock: FileLock) -> None:
    """Take the lock of an experiment for this run; print who has it while that is waited for.

    Args:
        name: the experiment.
        lock: its lock.
    """
    if not lock.acquire(blocking=False):
        print(
            f"{name}: waiting for another run of this experiment to end ({_read_owner(lock.path)})",
            file=sys.stderr,
        )
        lock.acquire()
    lock.write_owner(
        f"process {os.getpid()} on {host_name()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}\n"
    )


def _read_owner(path: str | os.PathLike[str]) -> str:
    try:
        return Path(path).read_text(errors="replace").strip() or "its process is unknown"
    except OSError:
        return "its process is unknown"


def check_git(name: str, folders: Sequence[Path], action: DirtyGitAction) -> list[dict[str, Any]]:
    """Return the state of the plan's code.

    Args:
        name: the experiment.
        folders: those of the code; by default, that of the program.
        action: what to do when it has changes that are not committed.

    Raises:
        DirtyGitError: it has, and that is to be refused.
    """
    projects = git_states(folders or plan_folders())
    dirty = [project["path"] for project in projects if project["dirty"]]
    if dirty and action is not DirtyGitAction.IGNORE:
        text = f"{name}: the code has uncommitted changes in {', '.join(dirty)}"
        if action is DirtyGitAction.ERROR:
            raise DirtyGitError(f"{text}; commit them, or set dirty_git to warn or ignore")
        print(text, file=sys.stderr)
    return projects
