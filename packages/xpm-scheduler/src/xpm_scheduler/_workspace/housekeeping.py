"""The scheduler's own folders, `.scheduler/<YYYYMMDD_HHMMSS>`: those of the past go."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from xpm_os.files import write_atomic
from xpm_os.locks import FileLock

#: Says by its time when somebody has looked last.
STAMP = ".last_cleanup"

_DAY = 24 * 3600.0
_RUN = re.compile(r"\d{8}_\d{6}(\.\d+)?")


def remove_old_runs(parent: Path, retention_days: float, *, force: bool) -> tuple[int, int]:
    """See `Workspace.cleanup_old_scheduler_runs`."""
    now = time.time()
    stamp = parent / STAMP
    if not parent.is_dir() or (not force and now - _modified(stamp) < _DAY):
        return 0, 0
    write_atomic(stamp, "")
    removed = errors = 0
    for run in sorted(parent.iterdir()):
        if _RUN.fullmatch(run.name) and now - _modified(run) > retention_days * _DAY:
            try:
                removed += _remove(run)
            except OSError:
                errors += 1
    return removed, errors


def _remove(run: Path) -> bool:
    lock = FileLock(run / ".lock")
    if not lock.acquire(blocking=False):
        return False
    try:
        shutil.rmtree(run)
    finally:
        lock.release()
    return True


def _modified(path: Path) -> float:
    try:
        return os.stat(path).st_mtime
    except FileNotFoundError:
        return 0.0
