"""Where things lie in a workspace (the layout is a format: users and tools read it)."""

from __future__ import annotations

import os
from pathlib import Path

MARKER = ".__experimaestro__"


class JobFolder:
    """The paths of one job's folder, as strings: they are built for every job submitted.

    Args:
        path: the job's folder, `<workspace>/jobs/<task id>/<identifier>`.
        name: last component of the task's identifier; files of the job begin with it.
    """

    __slots__ = ("name", "path")

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name

    @classmethod
    def at(cls, path: Path) -> JobFolder:
        """Return the folder at `path`, whose parent is named by the task's identifier."""
        return cls(str(path), task_name(path.parent.name))

    @property
    def private(self) -> str:
        """The folder of what is not for users."""
        return f"{self.path}/.experimaestro"

    @property
    def params(self) -> str:
        return f"{self.path}/params.json"

    @property
    def script(self) -> str:
        return f"{self.path}/{self.name}.py"

    @property
    def stdout(self) -> str:
        return f"{self.path}/{self.name}.out"

    @property
    def stderr(self) -> str:
        return f"{self.path}/{self.name}.err"

    @property
    def pid(self) -> str:
        return f"{self.path}/{self.name}.pid"

    @property
    def done(self) -> str:
        return f"{self.path}/{self.name}.done"

    @property
    def failed(self) -> str:
        return f"{self.path}/{self.name}.failed"

    @property
    def outputs(self) -> str:
        return f"{self.private}/task-outputs.jsonl"

    @property
    def locks(self) -> str:
        return f"{self.path}/locks.json"

    @property
    def status(self) -> str:
        return f"{self.private}/status.json"

    @property
    def lock(self) -> str:
        return f"{self.private}/{self.name}.lock"

    @property
    def old_lock(self) -> str:
        """Where release 2.x keeps the lock."""
        return f"{self.path}/{self.name}.lock"

    @property
    def attempt(self) -> str:
        return f"{self.private}/attempt.json"

    @property
    def events(self) -> str:
        return f"{self.private}/events/event-0.jsonl"

    def is_done(self) -> bool:
        """Return whether the marker of success is there."""
        return os.path.isfile(self.done)


def task_name(task_id: str) -> str:
    """Return the short name of a task: the last dotted component of its identifier."""
    return task_id.rpartition(".")[2]


def job_path(workspace: str, task_id: str, identifier: str) -> str:
    """Return the folder of a job."""
    return f"{workspace}/jobs/{task_id}/{identifier}"
