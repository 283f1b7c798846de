"""What a driver sends from any thread, and one of its threads sends in the end."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


class SendBuffer:
    """Lines on their way to a server, and the pipe that wakes the thread which sends the rest.

    The caller of a method holds the lock of the connection.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._wakeup = os.pipe()
        #: Where the lines go
        self.socket: socket.socket | None = None
        for descriptor in self._wakeup:
            os.set_blocking(descriptor, False)

    @property
    def descriptor(self) -> int:
        """The descriptor that is readable when the thread is to look."""
        return self._wakeup[0]

    @property
    def pending(self) -> bool:
        """Whether something is to be sent when the server takes more."""
        return bool(self._data)

    def send(self, line: bytes) -> None:
        """Send as much as the server takes now; the thread sends the rest."""
        self._data += line
        if len(self._data) == len(line):
            self.flush()
            if self._data:
                self.wake()

    def flush(self) -> None:
        """Send as much of what waits as the server takes now."""
        if self.socket is None:
            return
        try:
            while self._data:
                del self._data[: self.socket.send(self._data)]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:  # the thread reads the end of the stream, and deals with it
            self._data.clear()

    def wake(self) -> None:
        """Make the thread look."""
        with suppress(OSError):
            os.write(self._wakeup[1], b"x")

    def clear_wakeup(self) -> None:
        """Make the descriptor unreadable again: the thread looks."""
        with suppress(BlockingIOError):
            os.read(self._wakeup[0], 4096)

    def disconnect(self) -> None:
        """Close the socket, and drop what the server has not taken."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        self._data.clear()

    def close(self) -> None:
        """Close the pipe."""
        for descriptor in self._wakeup:
            os.close(descriptor)
