"""The short way: run commands, as many at once as the launcher has room for, and wait for all."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xpm_launchers._forkserver.client.launcher import DirectLauncher
from xpm_launchers._interface.launcher import Launcher, Ticket
from xpm_launchers._interface.process import Command, Process, PythonCall
from xpm_launchers._interface.process_exit import ProcessExit
from xpm_launchers.exceptions import LaunchError


def command(
    call: PythonCall | Sequence[str],
    *,
    cwd: str | os.PathLike[str] = ".",
    stdout: str | os.PathLike[str] = os.devnull,
    stderr: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Command:
    """Make a command that starts with what this process has.

    Args:
        call: A `PythonCall` (it finds what this process can import), or the command line
            as a list.
        cwd: Working directory.
        stdout: File for the standard output, truncated; by default it is thrown away.
        stderr: File for the standard error; by default it goes with the output.
        environ: Variables added to those of this process.

    Raises:
        TypeError: When `call` is a string, or an empty list.
    """
    if isinstance(call, str) or not call:
        raise TypeError(f"expected a PythonCall, or a command line as a list, got {call!r}")
    is_python = isinstance(call, PythonCall)
    out = Path(stdout).absolute()
    return Command(
        call=call if isinstance(call, PythonCall) else tuple(call),
        cwd=Path(cwd).absolute(),
        stdout=out,
        stderr=out if stderr is None else Path(stderr).absolute(),
        environ={**os.environ, **(environ or {})},
        python_path=tuple(os.path.abspath(path) for path in sys.path) if is_python else (),
    )


class _Batch:
    """The commands of one call of `run_all`; an event sink."""

    def __init__(self, commands: Sequence[Command], on_end: Callable[[int, ProcessExit], object]):
        self.commands = commands
        self.on_end = on_end
        self.queue = deque(range(len(commands)))
        self.tickets: dict[int, Ticket] = {}
        self.exits: list[ProcessExit | None] = [None] * len(commands)
        self.remaining = len(commands)
        self.changed = threading.Condition()
        self.unreported: deque[int] = deque()

    def granted(self, ticket: Ticket) -> None:
        ticket.start(self.commands[ticket.key])

    def started(self, ticket: Ticket, process: Process) -> None:
        pass

    def refused(self, ticket: Ticket, error: LaunchError) -> None:
        self.ended(ticket, ProcessExit(None, "failed", str(error)))

    def ended(self, ticket: Ticket, exit: ProcessExit) -> None:
        with self.changed:
            self.exits[ticket.key] = exit
            self.tickets.pop(ticket.key, None)
            self.unreported.append(ticket.key)
            self.remaining -= 1
            self.changed.notify_all()

    def run(self, launcher: Launcher, at_once: int | None) -> None:
        """Request all, at most `at_once` at a time, and wait for all to end."""
        while True:
            with self.changed:
                while self.queue and (at_once is None or len(self.tickets) < at_once):
                    key = self.queue.popleft()
                    # Under the lock: its exit, reported in another thread, comes after this line.
                    self.tickets[key] = launcher.request(key, self)
                while self.remaining and not self.unreported:
                    self.changed.wait()
                unreported, self.unreported = self.unreported, deque()
                finished = not self.remaining
            for key in unreported:
                exit = self.exits[key]
                if exit is not None:
                    self.on_end(key, exit)
            if finished:
                return

    def cancel(self) -> None:
        with self.changed:
            tickets = list(self.tickets.values())
        for ticket in tickets:
            ticket.cancel()


def run_all(
    commands: Iterable[Command],
    *,
    launcher: Launcher | None = None,
    at_once: int | None = None,
    on_end: Callable[[int, ProcessExit], Any] | None = None,
) -> list[ProcessExit]:
    """Run commands, as many at once as there is room for, and wait for all.

    An exception (Ctrl+C, or one of `on_end`) terminates what runs, and goes through.

    Args:
        commands: See `command`.
        launcher: By default this machine, which runs no more than it has CPUs, whatever else this
            user's drivers run.
        at_once: Run no more than that many at once.
        on_end: Called with the index of a command and its exit, as they come, in this thread.

    Returns:
        The exits, in the order of the commands; one that could not be started has no code.
    """
    used = launcher if launcher is not None else DirectLauncher()
    batch = _Batch(list(commands), on_end or (lambda index, exit: None))
    try:
        batch.run(used, at_once)
    except BaseException:
        batch.cancel()
        raise
    finally:
        if launcher is None:
            used.close()
    return [exit for exit in batch.exits if exit is not None]
