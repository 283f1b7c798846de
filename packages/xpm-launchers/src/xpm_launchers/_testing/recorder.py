"""An event sink for tests, and a way to wait without guessing how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from xpm_launchers._interface.launcher import Launcher, Ticket
from xpm_launchers._interface.process import Command, Process
from xpm_launchers._interface.process_exit import ProcessExit
from xpm_launchers.exceptions import LaunchError


def wait_until(condition: Callable[[], object], timeout: float = 30.0, what: str = "") -> None:
    """Wait until `condition` is true.

    Args:
        condition: Called again and again.
        timeout: Seconds.
        what: Named in the error.

    Raises:
        TimeoutError: When it was not true in time.
    """
    limit = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError(f"not true after {timeout} s: {what or condition}")
        time.sleep(0.005)


class Event(NamedTuple):
    """One call of an event method.

    Attributes:
        kind: `"granted"`, `"started"`, `"refused"` or `"ended"`.
        key: Of the ticket.
        value: The process, error or exit; None for `"granted"`.
        time: Of the call, `time.monotonic()`.
    """

    kind: str
    key: Any
    value: Any
    time: float


class Recorder:
    """The events of a launcher, remembered; starts the commands it was given when they are granted.

    Args:
        commands: What to start, by key; a key without one is granted and not started.
    """

    def __init__(self, commands: Mapping[Any, Command] | None = None) -> None:
        self.commands: dict[Any, Command] = dict(commands or {})
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def run(
        self, launcher: Launcher, key: Any, command: Command, requirement: Any = None
    ) -> Ticket:
        """Request a slot for `command`, which is started when it is granted."""
        self.commands[key] = command
        return launcher.request(key, self, requirement)

    def granted(self, ticket: Ticket) -> None:
        """Note the grant, and start the command if there is one."""
        self._note("granted", ticket, None)
        command = self.commands.get(ticket.key)
        if command is not None:
            ticket.start(command)

    def started(self, ticket: Ticket, process: Process) -> None:
        """Note the start."""
        self._note("started", ticket, process)

    def refused(self, ticket: Ticket, error: LaunchError) -> None:
        """Note the refusal."""
        self._note("refused", ticket, error)

    def ended(self, ticket: Ticket, exit: ProcessExit) -> None:
        """Note the exit."""
        self._note("ended", ticket, exit)

    def _note(self, kind: str, ticket: Ticket, value: Any) -> None:
        with self._changed:
            self.events.append(Event(kind, ticket.key, value, time.monotonic()))
            self._changed.notify_all()

    def of(self, key: Any) -> list[str]:
        """Return the kinds of the events of a key, in order."""
        return [event.kind for event in self.events if event.key == key]

    def keys(self, kind: str) -> list[Any]:
        """Return the keys of the events of a kind, in order."""
        return [event.key for event in self.events if event.kind == kind]

    def wait_for(self, kind: str, key: Any, timeout: float = 30.0) -> Any:
        """Wait for an event and return its value.

        Raises:
            TimeoutError: When it has not come in time; when `key` came to another end.
        """
        limit = time.monotonic() + timeout
        with self._changed:
            while True:
                for event in self.events:
                    if event.key == key and event.kind == kind:
                        return event.value
                events = [each for each in self.events if each.key == key]
                if any(each.kind in ("refused", "ended") for each in events):
                    raise TimeoutError(f"expected {kind} of {key!r}, got {events}")
                if not self._changed.wait(limit - time.monotonic()):
                    raise TimeoutError(f"no {kind} of {key!r} in {timeout} s; events: {events}")

    def process(self, key: Any, timeout: float = 30.0) -> Process:
        """Wait for the start of a key and return its process."""
        process: Process = self.wait_for("started", key, timeout)
        return process

    def end(self, key: Any, timeout: float = 30.0) -> ProcessExit:
        """Wait for the end of a key and return how it ended."""
        exit: ProcessExit = self.wait_for("ended", key, timeout)
        return exit

    def error(self, key: Any, timeout: float = 30.0) -> LaunchError:
        """Wait for the refusal of a key and return the error."""
        error: LaunchError = self.wait_for("refused", key, timeout)
        return error
