"""Stand for the scheduler's classes, which xpm-serialize does not know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from xpm_config import Config, DirectoryContext, mark_output
from xpm_serialize import task_document


class LightweightTask(Config):
    def execute(self) -> None:
        raise NotImplementedError


class Task(LightweightTask):
    __xpm_task__: ClassVar[bool] = True


class Action(Config):
    pass


class FakeJob:
    """A job, as far as xpm-serialize looks into it."""

    def __init__(self, path: Path) -> None:
        self.path = path


def submit(task: Any, workspace: Path, init_tasks: Sequence[Any] = (), write: bool = True) -> Any:
    """What the scheduler does with a task: seals it, and writes its folder.

    Returns: the task.
    """
    info = task.__xpm__
    info.init_tasks = list(init_tasks)
    info.seal(None)
    folder = workspace / "jobs" / str(info.xpmtype.identifier) / str(info.identifier)
    info.seal(DirectoryContext(folder))
    mark_output(task, task)
    info.job = FakeJob(folder)
    if write:
        write_parameters(task, workspace)
    return task


def write_parameters(task: Any, workspace: Path) -> Path:
    """Write the folder of a submitted task.

    Returns: its `params.json`.
    """
    (workspace / ".__experimaestro__").parent.mkdir(parents=True, exist_ok=True)
    (workspace / ".__experimaestro__").touch()
    folder: Path = task.__xpm__.job.path
    folder.mkdir(parents=True, exist_ok=True)
    document = task_document(
        task, workspace=workspace, jobdir=folder, tags=task.tags(), version="3.0"
    )
    params = folder / "params.json"
    params.write_text(json.dumps(document))
    return params
