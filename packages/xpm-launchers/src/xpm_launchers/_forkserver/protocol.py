"""The lines that drivers and fork servers exchange: one JSON object each.

From a driver: `hello` (who it is, and the environment that commands differ from), `request`,
`start`, `cancel`, `watch`. From a server: `welcome` or `stale`, `granted`, `started`,
`refused`, `ended`. `id` is the driver's number of the ticket.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

VERSION = 1
Message = dict[str, Any]


class ServerSettings(TypedDict):
    """What a driver starts a server with.

    Attributes:
        folder: The runtime folder.
        key: Name of the server there.
        preload: Modules that it imports before it serves.
        flags: Options of its interpreter.
        variables: Prefixes of the variables that count before an interpreter starts.
        path: Entries of `sys.path`, after the interpreter's own.
    """

    folder: str
    key: str
    preload: list[str]
    flags: list[str]
    variables: tuple[str, ...]
    path: list[str]


_encoder = json.JSONEncoder(separators=(",", ":"))


def encode(message: Message) -> bytes:
    """Return the line for a message."""
    return _encoder.encode(message).encode() + b"\n"


class LineReader:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that `data` completes.

        Raises:
            ValueError: When a line is not a JSON object.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if not isinstance(message, dict):
                raise ValueError(f"expected a JSON object a line, got {line[:60]!r}")
            yield message


def difference(environ: Mapping[str, str], base: Mapping[str, str]) -> Message:
    """Return how `environ` differs from `base`: `set` and `unset`.

    A whole environment costs kilobytes to write and read for each job, and hardly ever differs.
    """
    return {
        "set": {name: value for name, value in environ.items() if base.get(name) != value},
        "unset": [name for name in base if name not in environ],
    }


def apply(base: Mapping[str, str], changes: Message) -> dict[str, str]:
    """Return `base` with the changes that `difference` has found."""
    environ = dict(base)
    environ.update(changes["set"])
    for name in changes["unset"]:
        environ.pop(name, None)
    return environ
