"""Services that are reached by a URL and run as processes of their own."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import threading
from abc import abstractmethod
from collections.abc import Sequence

from .web import Reachable, Start


class ProcessWebService(Reachable):
    """A service with a URL that is a process of its own, such as TensorBoard.

    Derive from it, and write `_build_command`, which gives the command, and
    `_wait_for_ready`, which gives the URL once it can be reached (`self.process` is the
    process, `self.stdout` and `self.stderr` the files of its output). It ends with the
    experiment.

    >>> import sys, time
    >>> from xpm_scheduler.services import ProcessWebService
    >>> class Files(ProcessWebService):
    ...     id = "files"
    ...     def _build_command(self):
    ...         return [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    ...     def _wait_for_ready(self):
    ...         while "http://" not in (text := self.stdout.read_text()):
    ...             time.sleep(0.05)
    ...         return text.split("(")[1].split(")")[0]
    """

    #: The process, while it runs (and after it has ended by itself).
    process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def _build_command(self) -> Sequence[str | os.PathLike[str]]:
        """Return the command to run."""
        raise NotImplementedError(f"{type(self).__qualname__} does not define _build_command()")

    @abstractmethod
    def _wait_for_ready(self) -> str:
        """Wait until it can be reached, and give its URL; raises when it will not be."""
        raise NotImplementedError(f"{type(self).__qualname__} does not define _wait_for_ready()")

    def _start(self, start: Start) -> None:
        process = self.process = self._open()
        atexit.register(self.stop)
        try:
            self.url = self._ready(start, process)
        except BaseException:
            atexit.unregister(self.stop)
            _kill(process, 0.0)
            raise
        if self._reached(start):
            name = f"service {self.id}"
            threading.Thread(
                target=self._watch, args=(start, process), name=name, daemon=True
            ).start()
        else:
            _kill(process, 0.0)

    def _open(self) -> subprocess.Popen[bytes]:
        if self.log_directory is None or self.stdout is None or self.stderr is None:
            raise RuntimeError(
                f"the service {self.id} has no folder for its logs: add it to an experiment "
                "first, or give it a log_directory"
            )
        self.log_directory.mkdir(parents=True, exist_ok=True)
        command = [os.fspath(part) for part in self._build_command()]
        with open(self.stdout, "wb") as out, open(self.stderr, "wb") as err:
            # A session of its own: Ctrl+C is for the driver, which then stops it.
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def _ready(self, start: Start, process: subprocess.Popen[bytes]) -> str:
        """Wait for the URL, but not for a process that has ended."""
        urls: list[str] = []
        errors: list[Exception] = []
        done = threading.Event()

        def wait() -> None:
            try:
                urls.append(self._wait_for_ready())
            except Exception as error:  # noqa: BLE001 -- the service's own code
                errors.append(error)
            done.set()

        threading.Thread(target=wait, name=f"start of service {self.id}", daemon=True).start()
        while not done.wait(0.1):
            if not self._is_wanted(start):
                raise RuntimeError("it was stopped while it started")
            if process.poll() is not None and not done.wait(1.0):
                break
        if urls:
            return urls[0]
        if process.poll() is not None:
            raise RuntimeError(self._end_of(process))
        raise errors[0]

    def _end_of(self, process: subprocess.Popen[bytes]) -> str:
        return f"its process has ended with status {process.returncode}; see {self.stderr}"

    def _watch(self, start: Start, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        if self._is_wanted(start):
            _kill(process, 0.0)
            self._failed(start, RuntimeError(self._end_of(process)))

    def _end(self, timeout: float) -> None:
        atexit.unregister(self.stop)
        process, self.process = self.process, None
        if process is not None:
            _kill(process, timeout)


def _kill(process: subprocess.Popen[bytes], timeout: float) -> None:
    """End a process and those that it has started: kindly, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        # The others of its group may outlive it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout if number is signal.SIGTERM else None)
