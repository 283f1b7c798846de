"""What the jobs of `launching.py` do: a module that loads nothing else."""

from __future__ import annotations

import os
import time


def nothing() -> None:
    """Do nothing."""


def busy(name: str) -> None:
    """Take 10 ms of a processor, and note when."""
    begin = time.monotonic()
    while time.monotonic() < begin + 0.01:
        pass
    line = f"{name} {begin} {time.monotonic()}\n".encode()
    log = os.open(os.environ["XPM_BENCHMARK_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, line)
    os.close(log)
