"""From a fork of the server to the job: everything between `fork` and the job's code.

Server and child exchange bytes over a pair of sockets: the child sends `R` (ready) or `E` and what
failed; the server sends `G` (go) once the ledger knows the child. A server killed in between leaves
an end of file; then the ledger decides: the child goes on if it is there, and otherwise ends
without having run anything. So a process runs if and only if it is in the ledger.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

from xpm_launchers._forkserver.ledger import read_reservations
from xpm_launchers._host.call import call_and_exit

READY, GO, ERROR = b"R", b"G", b"E"

#: Exit status of a child that could not become the job (as shells use it)
NOT_STARTED = 127

#: What a spawned interpreter runs: path entries by count, then the call. Nothing is imported before
#: the path is set, as the first entry is the working folder.
BOOTSTRAP = (
    "import sys; n = 2 + int(sys.argv[1]); path = sys.argv[2:n]\n"
    "sys.path[:] = path or sys.path[1:]; del sys.argv[1:n]\n"
    "from xpm_launchers.forkserver import call_and_exit\n"
    "call_and_exit(sys.argv.pop(1), sys.argv[1:])"
)


class ChildSpec(NamedTuple):
    """What a child becomes.

    Attributes:
        argv: The command line to execute; empty for a call in this very process.
        target: `"module:function"` of a call.
        args: Arguments of a call.
        path: The `sys.path` of a call; empty: the server's.
        cwd: Working directory.
        stdout: File for the standard output, truncated.
        stderr: File for the standard error; may be the same.
        environ: The complete environment.
        umask: The file mode mask.
        reservation_id: Name of the job's reservation in the ledger.
        ledger: The ledger's file.
    """

    argv: Sequence[str]
    target: str
    args: Sequence[str]
    path: Sequence[str]
    cwd: str
    stdout: str
    stderr: str
    environ: Mapping[str, str]
    umask: int
    reservation_id: str
    ledger: str


def become(spec: ChildSpec, parent: socket.socket, close: Sequence[int]) -> NoReturn:
    """Turn this fork into the job; does not return.

    Args:
        spec: What it becomes.
        parent: The child's end of the pair of sockets.
        close: The server's descriptors: held open here, they would outlive it.
    """
    try:
        try:
            executable = _prepare(spec, close)
        except BaseException as error:  # noqa: BLE001 - reported to the server, then the end
            parent.send(ERROR + _describe(error).encode(errors="replace"))
            os._exit(NOT_STARTED)
        if not _may_go_on(parent, spec):
            os._exit(NOT_STARTED)
        parent.close()
        if executable:
            _execute(executable, spec)
        if spec.path:
            sys.path[:] = spec.path
        call_and_exit(spec.target, spec.args)
    finally:  # only an error above gets here, and the server's own frames are next
        os._exit(NOT_STARTED)


def _may_go_on(parent: socket.socket, spec: ChildSpec) -> bool:
    """Report that the child is ready, and return whether it is to go on."""
    try:
        parent.send(READY)
        answer = parent.recv(1)
    except OSError:
        answer = b""
    if answer == GO:
        return True
    reservation = read_reservations(spec.ledger).get(spec.reservation_id)
    return reservation is not None and reservation.pid == os.getpid()


def _describe(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.strerror}: {error.filename}"
    return f"{type(error).__name__}: {error}"


def _prepare(spec: ChildSpec, close: Sequence[int]) -> str:
    """Set up the process, and return the path of the program to execute, if any."""
    signal.set_wakeup_fd(-1)
    for descriptor in close:
        os.close(descriptor)
    for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    os.umask(spec.umask)
    os.chdir(spec.cwd)
    _redirect(spec)
    if spec.argv:
        return _find(spec.argv[0], spec.environ)
    if os.environ.get("TZ") != spec.environ.get("TZ"):
        import time  # only for a job with another time zone

        _set_environ(spec.environ)
        time.tzset()
    else:
        _set_environ(spec.environ)
    sys.argv[1:] = spec.args
    _reseed()
    return ""


def _redirect(spec: ChildSpec) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    out = os.open(spec.stdout, flags, 0o666)
    os.dup2(out, 1)
    if spec.stderr == spec.stdout:
        os.dup2(out, 2)
    else:
        error = os.open(spec.stderr, flags, 0o666)
        os.dup2(error, 2)
        os.close(error)
    os.close(out)


def _set_environ(environ: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name not in environ]:
        del os.environ[name]
    for name, value in environ.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _reseed() -> None:
    """Give each job its own random numbers: what was preloaded was seeded once, in the server.

    (The standard library's `random` does so itself.)
    """
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def _find(program: str, environ: Mapping[str, str]) -> str:
    """Return the path of a program; a missing one is an error before the job has started."""
    if os.sep in program:
        if not os.path.exists(program):
            raise FileNotFoundError(2, "No such program", program)
        return program
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder or ".", program)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    raise FileNotFoundError(2, "No such program in PATH", program)


def _execute(path: str, spec: ChildSpec) -> NoReturn:
    try:
        # Python ignores it, programs do not expect that.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.execve(path, list(spec.argv), dict(spec.environ))
    except OSError as error:
        os.write(2, f"cannot execute {path}: {error.strerror}\n".encode())
        os._exit(NOT_STARTED)
