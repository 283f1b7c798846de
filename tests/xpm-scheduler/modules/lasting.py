"""Tasks that are executed more than once, only if needed, or one at a time."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from sample import note, wait_for

from xpm_config import Config, Meta, Param, PathGenerator, SubmitHook, field, param_group, partial
from xpm_scheduler import DependentMarker, GracefulTimeout, Prepare, ResumableTask, Task

SCHEDULE = param_group("schedule")


class Train(ResumableTask):
    """Counts up to ``epochs``, ``at_once`` in each execution."""

    epochs: Param[int]
    at_once: Meta[int] = field(default=1)
    end: Meta[str] = field(default="timeout")
    count: Meta[Path] = field(default_factory=PathGenerator("count"))

    def execute(self) -> None:
        done = int(self.count.read_text()) if self.count.exists() else 0
        print(f"from {done}, {self.remaining_time()}")
        for _ in range(self.at_once):
            done += 1
            self.count.write_text(str(done))
            if done >= self.epochs:
                return
        if self.end == "timeout":
            raise GracefulTimeout("no time left")
        raise ValueError("the learning rate is wrong")


class Note(Task):
    """Notes each execution, and waits for a file if it is given one."""

    number: Param[int]
    journal: Meta[Path]
    needs: Param[list[Config]] = field(default_factory=list)
    gate: Meta[Path | None] = field(default=None)
    fail: Meta[bool] = field(default=False)
    out: Meta[Path] = field(default_factory=PathGenerator("out"))

    def execute(self) -> None:
        note(self.journal, f"begin {self.number}")
        if self.gate is not None:
            wait_for(self.gate)
        self.out.write_text("written")
        if self.fail:
            raise ValueError("as it was told")
        note(self.journal, f"end {self.number}")


class Shared(Task):
    """Uses a folder together with the tasks that differ in the schedule alone."""

    model: Param[int]
    epochs: Param[int] = field(groups=[SCHEDULE])
    journal: Meta[Path]
    checkpoint: Meta[Path] = field(
        default_factory=PathGenerator("model.pt", partial=partial(exclude_groups=[SCHEDULE]))
    )

    def execute(self) -> None:
        note(self.journal, f"begin {self.epochs}")
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        time.sleep(0.05)  # long enough for another one to come in between, if it could
        note(self.journal, f"end {self.epochs}")


class Data(Prepare):
    """Is prepared by writing a file."""

    name: Param[str]
    folder: Meta[Path]
    fail: Meta[bool] = field(default=False)

    def is_prepared(self) -> bool:
        note(self.folder / "asked", self.name)
        return (self.folder / self.name).exists()

    def prepare(self) -> None:
        note(self.folder / "prepared", self.name)
        if self.fail:
            raise OSError("the server is gone")
        (self.folder / self.name).touch()


class Reader(Config):
    """Holds prepared data."""

    data: Param[Data]


class Use(Task):
    """Needs the data to be there."""

    reader: Param[Reader]
    number: Param[int] = field(default=0)

    def execute(self) -> None:
        assert (self.reader.data.folder / self.reader.data.name).exists()


class Follow(Task):
    """Needs a task that needs data."""

    use: Param[Use]

    def execute(self) -> None:
        pass


class KillsItself(ResumableTask):
    """Is killed in its first execution."""

    mark: Meta[Path] = field(default_factory=PathGenerator("mark"))

    def execute(self) -> None:
        if not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Checkpoint(Config):
    """A model as it was after some steps."""

    step: Param[int]


class Validation(Config):
    """Makes checkpoints of what is validated."""

    every: Param[int]

    def checkpoint(self, dep: DependentMarker[Checkpoint], *, step: int) -> Checkpoint:
        return dep(Checkpoint.C(step=step))


class Learn(ResumableTask):
    """Makes an output at each step, until it is to stop."""

    validation: Param[Validation]
    steps: Param[int]
    at_once: Meta[int] = field(default=1_000)
    gate: Meta[Path | None] = field(default=None)
    first: Meta[Path] = field(default_factory=PathGenerator("first"))

    def final(self, dep: DependentMarker[Checkpoint]) -> Checkpoint:
        return dep(Checkpoint.C(step=-1))

    def execute(self) -> None:
        start = int(self.first.read_text()) if self.first.exists() else 0
        for step in range(start, min(start + self.at_once, self.steps)):
            self.register_task_output(self.validation.checkpoint, step=step)
        self.first.write_text(str(min(start + self.at_once, self.steps) - 1))
        if start + self.at_once < self.steps:
            raise GracefulTimeout
        if self.gate is not None:
            wait_for(self.gate)
        self.register_task_output(self.final)


class Evaluate(Task):
    """Uses a checkpoint."""

    checkpoint: Param[Checkpoint]
    journal: Meta[Path]

    def execute(self) -> None:
        note(self.journal, str(self.checkpoint.step))


class Long(ResumableTask):
    """Takes longer than its time limit, but once."""

    mark: Meta[Path] = field(default_factory=PathGenerator("mark"))

    def execute(self) -> None:
        left = self.remaining_time()
        assert left is not None
        if not self.mark.exists():
            self.mark.write_text(str(left))
            wait_for(self.mark.with_name("never"))


class Hooking(SubmitHook):
    """Sets a variable for the jobs of what it decorates."""

    calls = 0

    def spec(self) -> str:
        return "hooking"

    def process(self, job: Any, launcher: Any) -> None:
        Hooking.calls += 1
        job.environ["HOOKED"] = "yes"


@Hooking()
class Hooked(Config):
    """Needs a variable in the environment."""


class Variable(Task):
    """Writes variables of its environment."""

    names: Param[list[str]]
    out: Meta[Path] = field(default_factory=PathGenerator("out"))

    def execute(self) -> None:
        self.out.write_text(" ".join(os.environ.get(name, "") for name in self.names))
