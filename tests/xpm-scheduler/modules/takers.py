"""Processes that race for an attempt."""

from __future__ import annotations

from multiprocessing.synchronize import Event, Semaphore
from pathlib import Path

from xpm_scheduler._workspace.attempts import take
from xpm_scheduler._workspace.layout import JobFolder


def try_to_take(path: str, token: str, start: Event, wins: Semaphore) -> None:
    """Wait for the start, and count a win."""
    start.wait()
    if take(JobFolder.at(Path(path)), token) is not None:
        wins.release()
