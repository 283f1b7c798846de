"""The log files of services."""

from __future__ import annotations

import logging
import threading
from pathlib import Path


def log_handler(path: Path, level: int) -> logging.FileHandler:
    """Write what the calling thread logs to a file: other threads have nothing to do with it.

    Args:
        path: the file.
        level: the lowest level that is written.
    """
    thread = threading.get_ident()
    handler = logging.FileHandler(path)
    handler.setLevel(level)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(lambda record: record.thread == thread)
    logging.getLogger().addHandler(handler)
    return handler
