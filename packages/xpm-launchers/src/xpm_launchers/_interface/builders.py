"""Making processes and scripts one at a time, without a launcher's queue."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .process import Process, PythonCall


class Redirect:
    """Where a stream of a process goes, or comes from; made by its class methods."""

    __slots__ = ("function", "kind", "path")

    def __init__(
        self,
        kind: str,
        path: Path | None = None,
        function: Callable[[bytes], object] | None = None,
    ) -> None:
        self.kind = kind
        self.path = path
        self.function = function

    def __repr__(self) -> str:
        return f"Redirect.{self.kind}({self.path or self.function or ''})"

    @classmethod
    def inherit(cls) -> Redirect:
        """Return the stream of this process."""
        return cls("inherit")

    @classmethod
    def none(cls) -> Redirect:
        """Return nothing: what is written is lost, what is read is empty."""
        return cls("none")

    @classmethod
    def file(cls, path: str | os.PathLike[str]) -> Redirect:
        """Return a file, which is made empty if it is for output."""
        return cls("file", path=Path(path))

    @classmethod
    def pipe(cls, function: Callable[[bytes], object]) -> Redirect:
        """Return a function, called in a thread of its own with each piece of output."""
        return cls("pipe", function=function)


class ProcessBuilder(ABC):
    """Everything a process starts with; `start` makes one."""

    def __init__(self) -> None:
        #: The command line
        self.command: list[str] = []
        self.stdin = Redirect.none()
        self.stdout = Redirect.inherit()
        self.stderr = Redirect.inherit()
        #: None: that of this process
        self.workingDirectory: Path | None = None
        #: Variables added to those of this process
        self.environ: dict[str, str] = {}
        #: Whether it is in a session of its own, and so goes on when this process is ended
        self.detach = True

    @abstractmethod
    def start(self) -> Process:
        """Start a process.

        Raises:
            LaunchError: When it cannot be started.
        """


class ScriptBuilder(ABC):
    """Writes scripts that make a call when they are executed."""

    @abstractmethod
    def write(
        self, path: str | os.PathLike[str], call: PythonCall, *, python_path: Sequence[str] = ()
    ) -> Path:
        """Write a script.

        Args:
            path: The file.
            call: What it runs; the result is its exit status.
            python_path: Entries of `sys.path`, before the interpreter's own.

        Returns:
            The file.
        """


class PythonScriptBuilder(ScriptBuilder):
    """Writes executable Python scripts.

    Args:
        pythonpath: The interpreter; by default the one that runs now.
    """

    def __init__(self, pythonpath: str | os.PathLike[str] | None = None) -> None:
        self.pythonpath = Path(pythonpath or sys.executable)

    def write(
        self, path: str | os.PathLike[str], call: PythonCall, *, python_path: Sequence[str] = ()
    ) -> Path:
        """Write an executable script: see `ScriptBuilder.write`."""
        file = Path(path)
        module, _, function = call.target.partition(":")
        text = _SCRIPT.format(
            python=self.pythonpath,
            path=list(map(str, python_path)),
            module=module,
            function=function,
            args=list(call.args),
        )
        temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.chmod(temporary.stat().st_mode | 0o111)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
        return file


_SCRIPT = """\
#!{python}
import sys
from importlib import import_module

sys.path[1:1] = {path!r}

if __name__ == "__main__":
    sys.exit(getattr(import_module({module!r}), {function!r})(*{args!r}))
"""
