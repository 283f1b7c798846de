"""Services that are reached by a URL: in a thread of the driver, or a process of their own."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import subprocess
import threading
from abc import abstractmethod
from collections.abc import Sequence

from ._service import Service, ServiceState

_logger = logging.getLogger("xpm.services")


class _Start:
    """One start of a service, and what has come of it."""

    def __init__(self) -> None:
        #: Whether it can be reached, or will not be.
        self.over = threading.Event()
        #: Whether it is to stop.
        self.stopping = threading.Event()


class Reachable(Service):
    """What services with a URL share: they are started by whoever asks for the URL first."""

    #: Where it is reached; ``None`` while it does not run.
    url: str | None = None

    _latest: _Start | None = None

    def get_url(self) -> str | None:
        """Where it is reached; starts it, and waits until it can be reached.

        Returns:
            The URL; ``None`` when it has failed: ``error`` says why, and the next call tries
            again.

        Raises:
            RuntimeError: it is being stopped.
        """
        with self._guard:
            if self.state is ServiceState.STOPPING:
                raise RuntimeError(f"the service {self.id} is being stopped")
            start = self._latest
            mine = start is None or self.state in (ServiceState.STOPPED, ServiceState.ERROR)
            if mine:
                start = self._latest = _Start()
                self._set_state(ServiceState.STARTING)
        assert start is not None
        if mine:
            try:
                self._start(start)
            except Exception as error:  # noqa: BLE001 -- the service's own code
                self._failed(start, error)
            finally:
                start.over.set()
        elif self.state is ServiceState.STARTING:
            start.over.wait()
        return self.url if self.state is ServiceState.RUNNING else None

    @abstractmethod
    def _start(self, start: _Start) -> None:
        """Start it, and return once :attr:`url` is known; calls :meth:`_reached`."""

    def _is_wanted(self, start: _Start) -> bool:
        """Whether it is this start that counts: neither stopped nor failed."""
        wanted = (ServiceState.STARTING, ServiceState.RUNNING)
        return self._latest is start and self.state in wanted

    def _reached(self, start: _Start) -> bool:
        """It can be reached from here on; returns whether that is still wanted."""
        with self._guard:
            wanted = self._is_wanted(start)
            if wanted:
                self._set_state(ServiceState.RUNNING)
            return wanted

    def _failed(self, start: _Start, error: BaseException) -> None:
        """It has failed, which is of interest unless it was to end anyway."""
        with self._guard:
            if self._is_wanted(start):
                text = str(error) or type(error).__name__
                _logger.error("the service %s has failed: %s", self.id, text)
                self.url = None
                self.set_error(text)

    def stop(self, timeout: float = 2.0) -> None:
        """Stop it, if it runs or is being started.

        Args:
            timeout: seconds that it has to end by itself, before it is made to.
        """
        with self._guard:
            start = self._latest
            if start is None or not self._is_wanted(start):
                return
            self._set_state(ServiceState.STOPPING)
        start.stopping.set()
        try:
            self._end(timeout)
        finally:
            self.url = None
            self._set_state(ServiceState.STOPPED)

    @abstractmethod
    def _end(self, timeout: float) -> None:
        """End what runs."""


class WebService(Reachable):
    """A service with a URL that runs in a thread of the driver.

    Derive from it, and write ``_serve``: start to serve, set ``self.url``, call
    ``running.set()``, and return once :meth:`should_stop` says so.

    >>> import threading
    >>> from http.server import HTTPServer, SimpleHTTPRequestHandler
    >>> from xpm_scheduler.services import WebService
    >>> class Files(WebService):
    ...     id = "files"
    ...     def _serve(self, running: threading.Event) -> None:
    ...         with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
    ...             server.timeout = 0.1
    ...             self.url = f"http://127.0.0.1:{server.server_port}"
    ...             running.set()
    ...             while not self.should_stop():
    ...                 server.handle_request()
    >>> files = Files()
    >>> files.get_url().startswith("http://127.0.0.1:")
    True
    >>> files.stop()
    >>> files.state.name
    'STOPPED'
    """

    _thread: threading.Thread | None = None

    @abstractmethod
    def _serve(self, running: threading.Event) -> None:
        """Serve until :meth:`should_stop`; ``running`` is to be set once ``url`` is."""
        raise NotImplementedError(f"{type(self).__qualname__} does not define _serve(running)")

    def should_stop(self) -> bool:
        """Whether it is to stop: ``_serve`` is to ask from time to time."""
        return self._latest is not None and self._latest.stopping.is_set()

    def serve(self) -> None:
        """Start it in a thread of its own, and return at once."""
        name = f"start of service {self.id}"
        threading.Thread(target=self.get_url, name=name, daemon=True).start()

    def _start(self, start: _Start) -> None:
        running = threading.Event()
        self._thread = threading.Thread(
            target=self._in_thread,
            args=(start, running),
            name=f"service {self.id}",
            daemon=True,
        )
        self._thread.start()
        running.wait()
        self._reached(start)

    def _in_thread(self, start: _Start, running: threading.Event) -> None:
        try:
            self._serve(running)
            if not running.is_set():
                raise RuntimeError("_serve() has returned before it called running.set()")
            if not start.stopping.is_set():
                start.over.wait()
                raise RuntimeError("_serve() has returned though it was not told to stop")
        except SystemExit:
            _logger.debug("the service %s was made to stop", self.id)
        except Exception as error:  # noqa: BLE001 -- the service's own code
            self._failed(start, error)
        finally:
            running.set()

    def _end(self, timeout: float) -> None:
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        thread.join(timeout)
        if thread.is_alive() and thread.ident is not None:
            _exit_thread(thread.ident)
            thread.join(timeout)


def _exit_thread(ident: int) -> None:
    """Raise ``SystemExit`` in a thread, as soon as it runs Python code."""
    import ctypes  # hardly ever needed

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(SystemExit))


class ProcessWebService(Reachable):
    """A service with a URL that is a process of its own, such as TensorBoard.

    Derive from it, and write ``_build_command``, which gives the command, and
    ``_wait_for_ready``, which gives the URL once it can be reached (``self.process`` is the
    process, ``self.stdout`` and ``self.stderr`` the files of its output). It ends with the
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
        """The command to run."""
        raise NotImplementedError(f"{type(self).__qualname__} does not define _build_command()")

    @abstractmethod
    def _wait_for_ready(self) -> str:
        """Wait until it can be reached, and give its URL; raises when it will not be."""
        raise NotImplementedError(f"{type(self).__qualname__} does not define _wait_for_ready()")

    def _start(self, start: _Start) -> None:
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

    def _ready(self, start: _Start, process: subprocess.Popen[bytes]) -> str:
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

    def _watch(self, start: _Start, process: subprocess.Popen[bytes]) -> None:
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
