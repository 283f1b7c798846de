"""The folder where the drivers and fork servers of a user on a host find each other."""

from __future__ import annotations

import os
import stat

from xpm_launchers.exceptions import RuntimeFolderError
from xpm_os.hosts import LINUX, boot_id

#: Moves the folder; drivers with different folders do not share capacity.
VARIABLE = "XPM_RUNTIME_DIR"


def runtime_folder() -> str:
    """Return the folder of sockets and ledger, made if needed (mode 0700).

    It lies under `/tmp` and neither `$TMPDIR` nor `$XDG_RUNTIME_DIR` moves it: these differ
    between a terminal, a cron job and a batch job of the same user, and capacity that two drivers
    do not share is exceeded. `$XPM_RUNTIME_DIR` does move it. The last part names the boot and
    the PID namespace, as process numbers mean nothing outside them.

    Raises:
        RuntimeFolderError: When the folder is not this user's alone.
    """
    base = os.environ.get(VARIABLE) or f"/tmp/experimaestro-{os.getuid()}"
    namespace = os.stat("/proc/self/ns/pid").st_ino if LINUX else 0
    folder = os.path.join(base, f"{boot_id()[:8]}-{namespace}")
    for path in (base, folder):
        _make_private(path)
    return folder


def _make_private(path: str) -> None:
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        status = os.lstat(path)
    except OSError as error:
        raise RuntimeFolderError(
            f"the folder of fork servers {path} cannot be made ({error.strerror}); "
            f"set {VARIABLE} to a folder of your own on this host"
        ) from error
    if stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022:
        return
    raise RuntimeFolderError(
        f"expected {path} to be a folder of user {os.getuid()} that no other user can write to, "
        f"got owner {status.st_uid}, mode {stat.filemode(status.st_mode)}; remove it, or set "
        f"{VARIABLE} to a folder of your own on this host"
    )


def socket_address(folder_descriptor: int, folder: str, name: str) -> str:
    """Return an address for socket `name`, also when its path is too long for one (unix(7): 108).

    Args:
        folder_descriptor: An open descriptor of `folder`.
        folder: Folder of the socket.
        name: File name of the socket.
    """
    path = os.path.join(folder, name)
    if len(os.fsencode(path)) < 100 or not LINUX:
        return path
    return f"/proc/self/fd/{folder_descriptor}/{name}"
