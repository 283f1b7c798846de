"""Tasks for the tests; jobs import this module as they would a user's."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from xpm_config import Config, Meta, Param, PathGenerator, field
from xpm_scheduler import DependentMarker, LightweightTask, Task, progress


def note(journal: Path, text: str) -> None:
    """Add a line to a file shared by many processes (one write: lines never mix)."""
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{text}\n".encode())
    os.close(descriptor)


def wait_for(path: Path, limit: float = 30.0) -> None:
    """Wait until a file is there."""
    end = time.monotonic() + limit
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError(f"{path} did not appear within {limit} s")
        time.sleep(0.005)


class Add(Task):
    """Writes the sum of its parts."""

    x: Param[int]
    y: Param[int] = field(default=0)
    out: Meta[Path] = field(default_factory=PathGenerator("sum.txt"))

    def execute(self) -> None:
        self.out.write_text(str(self.x + self.y))


class Total(Task):
    """Adds up what other tasks have written."""

    parts: Param[list[Add]]
    out: Meta[Path] = field(default_factory=PathGenerator("total.txt"))

    def execute(self) -> None:
        self.out.write_text(str(sum(int(part.out.read_text()) for part in self.parts)))


class Step(Task):
    """Notes each execution in a journal."""

    number: Param[int]
    journal: Meta[Path]
    before: Param[list[Step]] = field(default_factory=list)
    seconds: Meta[float] = field(default=0.0)

    def execute(self) -> None:
        note(self.journal, f"begin {self.number}")
        time.sleep(self.seconds)
        note(self.journal, f"end {self.number}")


class Fail(Task):
    """Fails."""

    message: Param[str]
    parts: Param[list[Add]] = field(default_factory=list)

    def execute(self) -> None:
        print("about to fail", file=sys.stderr)
        raise RuntimeError(self.message)


class Needs(Task):
    """Needs a task that fails."""

    cause: Param[Fail]

    def execute(self) -> None:
        raise AssertionError("never to be run")


class Leave(Task):
    """Leaves without a word."""

    code: Param[int]

    def execute(self) -> None:
        os._exit(self.code)


class Gate(Task):
    """Says that it has begun, and waits until it may go on."""

    number: Param[int]
    folder: Meta[Path]

    def execute(self) -> None:
        note(self.folder / "journal", f"begin {self.number}")
        (self.folder / f"pid-{self.number}").write_text(str(os.getpid()))
        wait_for(self.folder / "open")
        note(self.folder / "journal", f"end {self.number}")


class Kill(Task):
    """Kills itself."""

    number: Param[int] = field(default=int(signal.SIGKILL))

    def execute(self) -> None:
        os.kill(os.getpid(), self.number)
        wait_for(Path("never"), 5.0)


class Model(Config):
    """What a task produces."""

    path: Meta[Path]
    size: Param[int]


class Build(Task):
    """Produces a configuration that is not the task."""

    size: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("model.bin"))

    def task_outputs(self, dep: DependentMarker[Model]) -> Model:
        return dep(Model.C(path=self.out, size=self.size))

    def execute(self) -> None:
        self.out.write_bytes(b"x" * self.size)


class Use(Task):
    """Uses a model."""

    model: Param[Model]
    out: Meta[Path] = field(default_factory=PathGenerator("size.txt"))

    def execute(self) -> None:
        self.out.write_text(str(len(self.model.path.read_bytes())))


class Setting(LightweightTask):
    """Sets an environment variable of the job's own process."""

    value: Param[str]

    def execute(self) -> None:
        os.environ["SAMPLE_SETTING"] = self.value


class Surroundings(Task):
    """Writes down what a task sees of its surroundings."""

    n: Param[int]

    def execute(self) -> None:
        progress(0.5, desc="half")
        Path("seen.txt").write_text(
            "\n".join(
                [
                    os.getcwd(),
                    str(self.__taskdir__),
                    repr(self.__tags__),
                    os.environ.get("SAMPLE_SETTING", ""),
                    os.environ.get("SAMPLE_VARIABLE", ""),
                ]
            )
        )
        print("to the output")
        print("to the error", file=sys.stderr)


class Slow(Task):
    """Is half way until a file is there."""

    gate: Meta[Path]

    def execute(self) -> None:
        progress(0.5, desc="half")
        progress(0.25, level=1)
        self.gate.with_suffix(".half").touch()
        wait_for(self.gate)
