"""Services that are reached by a URL; those that run in a thread of the driver."""

from __future__ import annotations

import logging
import threading
from abc import abstractmethod

from .service import Service, ServiceState

_logger = logging.getLogger("xpm.services")


class Start:
    """One start of a service, and what has come of it."""

    def __init__(self) -> None:
        #: Whether it can be reached, or will not be.
        self.over = threading.Event()
        #: Whether it is to stop.
        self.stopping = threading.Event()


class Reachable(Service):
    """What services with a URL share: they are started when the URL is first asked for."""

    #: Where it is reached; `None` while it does not run.
    url: str | None = None

    _latest: Start | None = None

    def get_url(self) -> str | None:
        """Return where it is reached; start it, and wait until it can be reached.

        Returns:
            The URL; `None` when it has failed: `error` has the reason, and the next call tries
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
                start = self._latest = Start()
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
    def _start(self, start: Start) -> None:
        """Start it, and return once `url` is known; calls `_reached`."""

    def _is_wanted(self, start: Start) -> bool:
        """Return whether this start counts: it was neither stopped nor has failed."""
        wanted = (ServiceState.STARTING, ServiceState.RUNNING)
        return self._latest is start and self.state in wanted

    def _reached(self, start: Start) -> bool:
        """Note that it can be reached from here on; return whether that is still wanted."""
        with self._guard:
            wanted = self._is_wanted(start)
            if wanted:
                self._set_state(ServiceState.RUNNING)
            return wanted

    def _failed(self, start: Start, error: BaseException) -> None:
        """Record that it has failed, unless it was to end anyway."""
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

    Derive from it, and write `_serve`: start to serve, set `self.url`, call
    `running.set()`, and return once `should_stop` returns true.

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
        """Serve until `should_stop`; `running` is to be set once `url` is."""
        raise NotImplementedError(f"{type(self).__qualname__} does not define _serve(running)")

    def should_stop(self) -> bool:
        """Return whether it is to stop: `_serve` asks from time to time."""
        return self._latest is not None and self._latest.stopping.is_set()

    def serve(self) -> None:
        """Start it in a thread of its own, and return at once."""
        name = f"start of service {self.id}"
        threading.Thread(target=self.get_url, name=name, daemon=True).start()

    def _start(self, start: Start) -> None:
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

    def _in_thread(self, start: Start, running: threading.Event) -> None:
        try:
            self._serve(running)
            if not running.is_set():
                raise RuntimeError("_serve() has returned before it called running.set()")
            if not start.stopping.is_set():
                start.over.wait()
                raise RuntimeError("_serve() has returned though it was not to stop")
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
    """Raise `SystemExit` in a thread, as soon as it runs Python code."""
    import ctypes  # hardly ever needed

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(SystemExit))
