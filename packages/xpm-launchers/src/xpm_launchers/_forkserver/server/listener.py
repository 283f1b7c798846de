"""The fork server's address: a socket, and the lock for starting and ending a server there."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from xpm_launchers._forkserver.runtime_folder import socket_address
from xpm_os.locks import lock


class Listener:
    """The socket that drivers connect to.

    Made while the driver that starts the server holds the lock of the address, so that a file which
    is there belongs to no server.

    Args:
        folder: The runtime folder.
        key: The server's key.
    """

    def __init__(self, folder: str, key: str) -> None:
        self._path = os.path.join(folder, key + ".sock")
        self._lock = os.path.join(folder, key + ".lock")
        self._socket = socket.socket(socket.AF_UNIX)
        at = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if os.path.lexists(self._path):
                os.unlink(self._path)
            self._socket.bind(socket_address(at, folder, key + ".sock"))
        finally:
            os.close(at)
        self._socket.listen(64)
        self._socket.setblocking(False)
        self._inode = os.stat(self._path).st_ino

    @property
    def descriptor(self) -> int:
        """The descriptor to poll; -1 once abandoned."""
        return self._socket.fileno()

    @property
    def descriptors(self) -> list[int]:
        """The open descriptors, for a forked child to close."""
        return [] if self.descriptor < 0 else [self.descriptor]

    def accept(self) -> socket.socket | None:
        """Return the next connection, if there is one."""
        try:
            return self._socket.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            return None

    def refresh(self) -> None:
        """Make the files look used: cleaners of temporary folders go by their times."""
        for path in (self._path, self._lock, os.path.dirname(self._path)):
            with suppress(OSError):  # removed by hand: this server goes on with its own drivers
                os.utime(path)

    def abandon(self) -> None:
        """Leave the address to another server."""
        if self.descriptor < 0:
            return
        self._socket.close()
        with suppress(OSError):  # removed by hand
            if os.stat(self._path).st_ino == self._inode:
                os.unlink(self._path)

    def close(self) -> bool:
        """Abandon the address unless a driver is about to use it, and return whether it is free."""
        if self.descriptor < 0:
            return True
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            self.abandon()  # removed by hand
            return True
        try:
            if not lock(descriptor, blocking=False):
                return False
            self.abandon()
        finally:
            os.close(descriptor)
        return True
