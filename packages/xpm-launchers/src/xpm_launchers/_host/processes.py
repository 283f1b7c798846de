"""Processes of this host, and their handles."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from xpm_launchers._interface.process import Process
from xpm_launchers.exceptions import ForeignHostError, HandleError
from xpm_os.hosts import boot_id, host_name
from xpm_os.processes import is_alive, open_pidfd, start_time

#: Seconds between looks where the system does not report a process's end
POLL = 0.05


class LocalProcess(Process):
    """A process of this host.

    A number alone may name another process later; with its start time and the boot it cannot.

    Args:
        pid: Process number.
        start: When it started, as the system writes it; None when it was not noted.
        boot: The boot it runs under; None when it was not noted.
    """

    def __init__(self, pid: int, start: str | None = None, boot: str | None = None) -> None:
        self.pid = pid
        self.start = start
        self.boot = boot

    def __repr__(self) -> str:
        return f"LocalProcess(pid={self.pid}, start={self.start!r})"

    def handle(self) -> dict[str, Any]:
        """Return type, process number, host, start and boot."""
        return {
            "type": "local",
            "pid": self.pid,
            "host": host_name(),
            "start": self.start,
            "boot": self.boot if self.boot is not None else boot_id(),
        }

    @staticmethod
    def from_handle(handle: Mapping[str, Any]) -> LocalProcess:
        """Read a handle; start and boot may be missing (releases 2.x did not write them).

        Raises:
            HandleError: When it has no process number.
            ForeignHostError: When it names another host.
        """
        pid, host = handle.get("pid"), handle.get("host")
        if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
            raise HandleError(f"expected a process number under 'pid', got {pid!r} in {handle!r}")
        if host is not None and host != host_name():
            raise ForeignHostError(
                f"process {pid} runs on host {host!r}; it is not known on {host_name()!r}"
            )
        return LocalProcess(pid, handle.get("start") or None, handle.get("boot") or None)

    def is_running(self) -> bool:
        """Return whether it runs."""
        return self._is_of_this_boot() and is_alive(self.pid, self.start)

    def _is_of_this_boot(self) -> bool:
        return self.boot is None or self.boot == boot_id()

    def pinned(self) -> LocalProcess:
        """Return the same process with its start time noted."""
        return LocalProcess(self.pid, self.start or start_time(self.pid), self.boot)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for its end, at most `timeout` seconds, and return whether it has ended."""
        limit = None if timeout is None else time.monotonic() + timeout
        try:
            descriptor = open_pidfd(self.pid)
        except ProcessLookupError:
            return True
        if descriptor is None:
            return self._wait_by_looking(limit)
        try:
            if not self.is_running():
                return True
            poller = select.poll()
            poller.register(descriptor, select.POLLIN)
            left = None if timeout is None else max(0.0, timeout * 1000)
            return bool(poller.poll(left))
        finally:
            os.close(descriptor)

    def _wait_by_looking(self, limit: float | None) -> bool:
        while self.is_running():
            if limit is not None and time.monotonic() >= limit:
                return False
            time.sleep(POLL)
        return True

    def kill(self, grace: float = 10.0) -> None:
        """End it and its process group: SIGTERM, then SIGKILL after `grace` seconds.

        Raises:
            PermissionError: When it is another user's.
        """
        self._signal(signal.SIGTERM)
        if not self.wait(grace):
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if not self.is_running():
            return
        with suppress(ProcessLookupError):
            if os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, number)
            else:  # not started here: its group is another's
                os.kill(self.pid, number)
