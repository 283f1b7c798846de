"""What releases 2.x keep in a counter's folder: its number of units, and a file for each job."""

from __future__ import annotations

import json
import os
from typing import Any

from xpm_launchers._host.processes import LocalProcess
from xpm_launchers.exceptions import HandleError
from xpm_os.files import write_json

FOLDER = "jobs"
TOTAL = "informations.json"


def units_held(folder: str) -> int:
    """Return how many units jobs of releases 2.x on this host hold of a counter.

    Args:
        folder: The counter's folder.
    """
    jobs = os.path.join(folder, FOLDER)
    try:
        names = os.listdir(jobs)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    return sum(_units(os.path.join(jobs, name)) for name in names if name.endswith(".json"))


def _units(path: str) -> int:
    try:
        with open(path, "rb") as stream:
            record: Any = json.load(stream)
        units = int(record["information"]["count"])
        job, process = record["job_uri"], LocalProcess.from_handle(record["process"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, HandleError):
        return 0  # being written, gone, or of another host: not known
    ended = any(os.path.exists(f"{job}.{marker}") for marker in ("done", "failed"))
    return units if not ended and process.is_running() else 0


def write_total(folder: str, total: int) -> None:
    """Write the number of units for releases 2.x; the log, which counts here, has it already."""
    path = os.path.join(folder, TOTAL)
    write_json(path, {"total": total})
