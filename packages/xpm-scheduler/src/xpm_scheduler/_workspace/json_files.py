"""JSON objects of a workspace, which are read with an error of ours when they are damaged."""

from __future__ import annotations

import os
import time
from typing import Any

from xpm_os import files
from xpm_scheduler.exceptions import CorruptFileError


def read_json_object(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Read a JSON object of a workspace; `None` when there is no such file.

    Raises:
        CorruptFileError: The file at `path` is there, and is not a JSON object.
    """
    try:
        return files.read_json_object(path)
    except ValueError as error:
        raise CorruptFileError(str(error)) from None


def iso_time(timestamp: float | None) -> str | None:
    """Return a time in seconds since the epoch as local ISO 8601 with microseconds."""
    if timestamp is None:
        return None
    micros = int(timestamp % 1 * 1e6)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(timestamp)) + f".{micros:06d}"
