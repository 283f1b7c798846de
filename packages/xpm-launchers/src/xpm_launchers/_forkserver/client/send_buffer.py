"""What a driver sends from any thread, and one thread of it sends in the end."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


class Outbox:
    """Lines on their way to a server, and the pipe that wakes the thread which sends the rest.

    Whoever calls holds the link's lock.
    """

    def __init__(self) -> None:
        self._out = bytearray()
        self._wakeup = os.pipe()
        #: Where it goes
        self.socket: socket.socket | None = None
        for descriptor in self._wakeup:
            os.set_blocking(descriptor, False)

    @property
    def descriptor(self) -> int:
        """Readable when the thread is to look."""
        return self._wakeup[0]

    @property
    def waits(self) -> bool:
        """Whether something is to be sent when the server takes more."""
        return bool(self._out)

    def send(self, line: bytes) -> None:
        """Send as far as the server takes it now; the thread sends the rest."""
        self._out += line
        if len(self._out) == len(line):
            self.flush()
            if self._out:
                self.wake()

    def flush(self) -> None:
        """Send what waits, as far as the server takes it now."""
        if self.socket is None:
            return
        try:
            while self._out:
                del self._out[: self.socket.send(self._out)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:  # the thread reads the end of the stream, and deals with it
            self._out.clear()

    def wake(self) -> None:
        """Make the thread look."""
        with suppress(OSError):
            os.write(self._wakeup[1], b"x")

    def hush(self) -> None:
        """Take note that the thread looks."""
        with suppress(BlockingIOError):
            os.read(self._wakeup[0], 4096)

    def disconnect(self) -> None:
        """Let go of the server, and of what it has not taken."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self._out.clear()

    def close(self) -> None:
        """Close the pipe."""
        for descriptor in self._wakeup:
            os.close(descriptor)
