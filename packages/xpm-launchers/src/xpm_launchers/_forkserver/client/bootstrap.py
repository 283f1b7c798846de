"""Connecting to a fork server, which is started when there is none."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from collections.abc import Sequence

from xpm_launchers._forkserver.protocol import ServerSettings
from xpm_launchers._forkserver.runtime_folder import runtime_folder, socket_address
from xpm_launchers._forkserver.server_key import early_variables, interpreter_flags, server_key
from xpm_launchers.exceptions import LaunchError
from xpm_os.locks import lock

#: Seconds that a server may take to start (imports over a slow network file system)
START_TIME = 60.0

#: Run by the new interpreter. Its first path entry, the working folder, goes before anything is
#: imported; the driver's come last, so that it finds what a fresh interpreter finds. The process
#: that the driver has started ends at once, and leaves one that is not a child of the driver.
_MAIN = (
    "import sys; del sys.path[:1 if '' in sys.path[:1] else 0]\n"
    "import os; os.fork() and os._exit(0); os.setsid(); os.chdir('/'); os.closerange(3, 4096)\n"
    "import json; settings = json.loads(sys.argv[1])\n"
    "sys.path += [path for path in settings['path'] if path and path not in sys.path]\n"
    "from xpm_launchers.forkserver import serve; serve(settings)"
)


class Address:
    """Where the fork server of some environment is, or will be.

    Args:
        preload: Modules that it has imported.
        extra_preload: More of them, named by a user.
    """

    def __init__(self, preload: Sequence[str], extra_preload: Sequence[str] = ()) -> None:
        self.folder = runtime_folder()
        self.preload = [*preload, *extra_preload]
        self.variables = early_variables(bool(extra_preload))
        self.key = server_key(self.preload, os.environ, self.variables)

    def connect(self) -> socket.socket:
        """Connect to the server, and start it if there is none.

        Raises:
            LaunchError: When it cannot be started.
        """
        connection = self._try_connect()
        if connection is not None:
            return connection
        descriptor = os.open(
            os.path.join(self.folder, self.key + ".lock"),
            os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
            0o600,
        )
        try:
            lock(descriptor)
            connection = self._try_connect()  # another driver may have been faster
            if connection is None:
                self._start()
                connection = self._try_connect()
        finally:
            os.close(descriptor)
        if connection is None:
            raise LaunchError("the fork server ended right after its start", retryable=True)
        return connection

    def _try_connect(self) -> socket.socket | None:
        connection = socket.socket(socket.AF_UNIX)
        at = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            connection.connect(socket_address(at, self.folder, self.key + ".sock"))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            return None
        finally:
            os.close(at)
        return connection

    def _start(self) -> None:
        settings: ServerSettings = {
            "folder": self.folder,
            "key": self.key,
            "preload": self.preload,
            "flags": interpreter_flags(),
            "variables": self.variables,
            "path": [path for path in sys.path if path],
        }
        argv = [sys.executable, *interpreter_flags(), "-c", _MAIN, json.dumps(settings)]
        log = os.path.join(self.folder, self.key + ".log")
        receive, send = os.pipe()
        try:
            create = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            pid = os.posix_spawn(
                argv[0],
                argv,
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, send, 1),
                    (os.POSIX_SPAWN_OPEN, 2, log, create, 0o600),
                ],
                setsigmask=(),
            )
        except OSError as error:
            os.close(receive)
            raise LaunchError(f"cannot execute {argv[0]}: {error.strerror}") from error
        finally:
            os.close(send)
        try:
            os.waitpid(pid, 0)
            self._await_ready(receive, log)
        finally:
            os.close(receive)

    def _await_ready(self, descriptor: int, log: str) -> None:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        if not poller.poll(START_TIME * 1000):
            raise LaunchError(f"the fork server was not ready after {START_TIME:.0f} s; see {log}")
        if os.read(descriptor, 64):
            return
        with open(log, errors="replace") as stream:
            last_lines = stream.read()[-2000:].strip()
        raise LaunchError(
            f"the fork server could not start; its log ({log}) ends with:\n{last_lines}"
        )


def greet(connection: socket.socket, hello: bytes) -> bool:
    """Send hello, wait for the answer, and return whether it is a welcome.

    Args:
        connection: A fresh connection to a server, blocking.
        hello: The first line of a driver.
    """
    answer = b""
    try:
        connection.sendall(hello)
        while not answer.endswith(b"\n"):
            data = connection.recv(4096)
            if not data:
                break
            answer += data
    except OSError:
        return False
    return b'"welcome"' in answer
