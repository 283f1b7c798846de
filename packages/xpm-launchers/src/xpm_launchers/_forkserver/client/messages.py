"""The messages of a driver to a fork server, and what the answers mean: no I/O."""

from __future__ import annotations

import os
import sys

from xpm_launchers._forkserver.protocol import VERSION, Message, difference, encode
from xpm_launchers._interface.process import Command, PythonCall
from xpm_launchers._interface.process_exit import ProcessExit
from xpm_launchers.exceptions import CapacityError, LaunchError
from xpm_os.processes import umask

from .ticket import GRANTED, LocalTicket


class MessageEncoder:
    """Encodes what depends on the driver: its name and environment, from which commands differ.

    Args:
        spawn: Whether each call gets an interpreter of its own.
    """

    def __init__(self, *, spawn: bool = False) -> None:
        self.uid = os.urandom(8).hex()
        self._spawn = spawn
        self._environ = dict(os.environ)
        self._path = [path for path in sys.path if path]

    def hello(self) -> bytes:
        """Return the first line of a connection."""
        return encode(
            {
                "op": "hello",
                "version": VERSION,
                "uid": self.uid,
                "environ": self._environ,
                "path": self._path,
                "umask": umask(),
            }
        )

    def start(self, ticket: LocalTicket, command: Command) -> bytes:
        """Return the line that starts a command."""
        message: Message = {
            "op": "start",
            "id": ticket.number,
            "cwd": str(command.cwd),
            "stdout": str(command.stdout),
            "stderr": str(command.stderr),
            "environ": difference(command.environ, self._environ),
        }
        call = command.call
        if not isinstance(call, PythonCall):
            message["argv"] = list(call)
            return encode(message)
        message["target"], message["args"] = call
        path = list(command.python_path)
        if path != self._path:
            message["path"] = path
        if self._spawn:
            message["spawn"] = True
        return encode(message)


def request_line(ticket: LocalTicket) -> bytes:
    """Return the line that requests a slot."""
    message: Message = {"op": "request", "id": ticket.number}
    need = ticket.need.to_json()
    if need:
        message["need"] = need
    if ticket.state >= GRANTED:
        message["again"] = True
    return encode(message)


def watch_line(ticket: LocalTicket) -> bytes:
    """Return the line that makes the server watch a ticket's process; empty when it has none."""
    process = ticket.process
    if process is None:
        return b""
    return encode(
        {"op": "watch", "id": ticket.number, "pid": process.pid, "start": process.start or ""}
    )


def cancel_line(ticket: LocalTicket) -> bytes:
    """Return the line that releases a slot, or terminates a process."""
    return encode({"op": "cancel", "id": ticket.number})


def refusal(message: Message) -> LaunchError:
    """Return the error that a message `refused` is about."""
    text = message["message"]
    if message.get("impossible"):
        return CapacityError(f"this host cannot run it: {text}")
    return LaunchError(f"could not be started: {text}", retryable=message.get("retryable", False))


def process_exit(message: Message) -> ProcessExit:
    """Return the exit that a message `ended` reports."""
    return ProcessExit(
        message["code"],
        message["reason"],
        message["message"],
        message.get("max_rss"),
        message.get("cpu_time"),
    )
