"""What goes along with an experiment until it is left: its services and the web monitor."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable

from xpm_scheduler._tasks.interfaces import Plan
from xpm_scheduler._tasks.job import Job

from .services import ServiceRegistry


class Companions:
    """The services of an experiment and its web monitor, which end with it.

    Args:
        plan: the experiment.
        services: its services.
        wait_for_quit: whether to keep them once all tasks have ended, until `quit` is called.
    """

    def __init__(self, plan: Plan[Job], services: ServiceRegistry, *, wait_for_quit: bool) -> None:
        self._plan = plan
        self._services = services
        self._wait_for_quit = wait_for_quit
        self._quit = threading.Event()
        self._stop_monitor: Callable[[], None] | None = None

    def start_monitor(self, host: str | None, port: int | None, token: str | None) -> None:
        """Start the web monitor if it is wanted; see `monitor.start_monitor`."""
        if port is not None:
            from .monitor import start_monitor  # searches all that is installed

            self._stop_monitor = start_monitor(self._plan, host, port, token)

    def quit(self) -> None:
        """End what `stay` waits for."""
        self._quit.set()

    def stay(self) -> None:
        """Wait for `quit`, or Ctrl+C, if that is wanted and there is something to see."""
        visible = self._services.any_running or self._stop_monitor is not None
        if not self._wait_for_quit or not visible:
            return
        name = self._plan.name
        print(f"{name}: all tasks have ended; press Ctrl+C to leave", file=sys.stderr)
        with contextlib.suppress(KeyboardInterrupt):
            self._quit.wait()

    def leave(self) -> None:
        """Stop all of it."""
        self._services.stop_all()
        if self._stop_monitor is not None:
            self._stop_monitor()
