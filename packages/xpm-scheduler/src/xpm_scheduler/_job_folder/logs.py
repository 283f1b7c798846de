"""The logs in a job's folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

from xpm_scheduler._workspace.layout import JobFolder


def rotate_logs(folder: JobFolder) -> None:
    """Put the logs of the last execution aside: `<name>.20231215143022.out`.

    The time is the one at which the log was last written to. Empty logs are not kept.
    """
    for path in (folder.stdout, folder.stderr):
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue
        if status.st_size:
            os.rename(path, _free_name(path, status.st_mtime))


def _free_name(path: str, mtime: float) -> str:
    """Return where a log is kept; never a name that is taken, however short the execution was."""
    stem, suffix = os.path.splitext(path)
    while True:
        name = f"{stem}.{time.strftime('%Y%m%d%H%M%S', time.localtime(mtime))}{suffix}"
        if not os.path.lexists(name):
            return name
        mtime += 1


def last_lines(path: str | Path, count: int = 10, limit: int = 16384) -> list[str]:
    """Return the last lines of a log.

    Args:
        path: the file; a missing one has no lines.
        count: how many lines, at most.
        limit: how many bytes are read, at most.
    """
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit))
            content = file.read()
    except OSError:
        return []
    return content.decode(errors="replace").splitlines()[-count:]
