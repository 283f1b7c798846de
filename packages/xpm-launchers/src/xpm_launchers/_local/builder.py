"""Starting one process of this machine, at once and whatever else runs."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import IO, Any

from xpm_launchers._host.processes import LocalProcess
from xpm_launchers._interface.builders import ProcessBuilder, Redirect
from xpm_launchers._interface.process import ProcessState
from xpm_launchers.exceptions import LaunchError
from xpm_os.processes import start_time


class ChildProcess(LocalProcess):
    """A child of this process, whose exit status is known at its end."""

    def __init__(self, child: subprocess.Popen[bytes], readers: list[threading.Thread]) -> None:
        super().__init__(child.pid, start_time(child.pid))
        self._child = child
        self._readers = readers

    @property
    def code(self) -> int | None:
        """Exit status, `-N` when signal N ended it; None as long as it runs."""
        return self._child.poll()

    def is_running(self) -> bool:
        """Return whether it runs."""
        return self.code is None

    def state(self) -> ProcessState:
        """Return whether it runs, or how it has ended."""
        if self.code is None:
            return ProcessState.RUNNING
        return ProcessState.DONE if self.code == 0 else ProcessState.ERROR

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end and for what its pipes still hold, and return whether it has ended."""
        limit = None if timeout is None else time.monotonic() + timeout
        try:
            self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        for reader in self._readers:
            reader.join(None if limit is None else max(0.0, limit - time.monotonic()))
        return True


class LocalProcessBuilder(ProcessBuilder):
    """Starts a process of this machine, at once: it takes no slot of a launcher.

    >>> builder = LocalProcessBuilder()
    >>> builder.command = ["sh", "-c", "exit 3"]
    >>> process = builder.start()
    >>> process.wait(), process.code
    (True, 3)
    """

    def start(self) -> ChildProcess:
        """Start it.

        Raises:
            LaunchError: When there is no such program, folder or file.
        """
        line: object = self.command  # users may set anything
        if isinstance(line, str) or not line:
            raise LaunchError(f"expected a command line as a list, got {line!r}")
        with ExitStack() as opened:
            try:
                child = subprocess.Popen(
                    [os.fspath(part) for part in self.command],
                    cwd=self.workingDirectory,
                    env={**os.environ, **self.environ},
                    stdin=_stream(self.stdin, "rb", opened),
                    stdout=_stream(self.stdout, "wb", opened),
                    stderr=_stream(self.stderr, "wb", opened),
                    start_new_session=self.detach,
                )
            except OSError as error:
                where = f": {error.filename}" if error.filename else ""
                raise LaunchError(f"could not be started: {error.strerror}{where}") from error
        pairs = [(child.stdout, self.stdout.function), (child.stderr, self.stderr.function)]
        readers = [
            _reader(stream, function)
            for stream, function in pairs
            if stream is not None and function is not None
        ]
        return ChildProcess(child, readers)


def _stream(redirect: Redirect, mode: str, opened: ExitStack) -> Any:
    if redirect.kind == "inherit":
        return None
    if redirect.kind == "none":
        return subprocess.DEVNULL
    if redirect.kind == "pipe" and mode == "wb":
        return subprocess.PIPE
    if redirect.path is None:
        raise LaunchError(f"expected a file as the input of a process, got {redirect!r}")
    return opened.enter_context(open(redirect.path, mode))


def _reader(stream: IO[bytes], function: Callable[[bytes], object]) -> threading.Thread:
    def read() -> None:
        with stream:
            while data := os.read(stream.fileno(), 1 << 16):
                function(data)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread
