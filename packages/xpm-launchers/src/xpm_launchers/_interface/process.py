"""What is run, and the process that it becomes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple


class PythonCall(NamedTuple):
    """Run `function(*args)` in a Python process.

    Attributes:
        target: `"package.module:function"`; the function returns its exit status (`None` means 0).
        args: Its positional arguments.
    """

    target: str
    args: tuple[str, ...] = ()


class Command(NamedTuple):
    """A process to be: what it runs, and everything it starts with.

    Attributes:
        call: A `PythonCall`, or a command line as a tuple.
        cwd: Working directory.
        stdout: File for the standard output, truncated when the process starts.
        stderr: File for the standard error; may be the same as `stdout`.
        environ: The complete environment of the process.
        python_path: `sys.path` of a `PythonCall`, in order; empty: the interpreter's own.
    """

    call: PythonCall | tuple[str, ...]
    cwd: Path
    stdout: Path
    stderr: Path
    environ: Mapping[str, str]
    python_path: tuple[str, ...] = ()


class ProcessState(Enum):
    """What is known of a process; `FINISHED`: it has ended, and how is not known."""

    SCHEDULED = 0
    RUNNING = 1
    FINISHED = 2
    DONE = 3
    ERROR = 4

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return self.value >= ProcessState.FINISHED.value


class Process(ABC):
    """A process somewhere, known by a handle that outlives the program which started it."""

    @abstractmethod
    def handle(self) -> dict[str, Any]:
        """Return what `process_from_handle` needs, as JSON values.

        Its `"type"` names the entry point (group `experimaestro.process`) that reads it.
        """

    @abstractmethod
    def is_running(self) -> bool:
        """Return whether the process runs (a zombie does not)."""

    def state(self) -> ProcessState:
        """Return what is known of it."""
        return ProcessState.RUNNING if self.is_running() else ProcessState.FINISHED

    @abstractmethod
    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the process has ended, and return whether it has.

        Args:
            timeout: Seconds to wait at most; None: for ever.
        """

    @abstractmethod
    def kill(self, grace: float = 10.0) -> None:
        """End the process and its group: SIGTERM, then SIGKILL after `grace` seconds."""
