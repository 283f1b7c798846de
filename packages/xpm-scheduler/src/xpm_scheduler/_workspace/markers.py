"""How a job failed, as the marker in its folder says."""

from __future__ import annotations

import json
from typing import NamedTuple

from xpm_scheduler._graph.states import JobFailureStatus
from xpm_scheduler.exceptions import CorruptFileError

from .layout import JobFolder


class Ending(NamedTuple):
    """How a job failed, as its marker says."""

    reason: JobFailureStatus
    code: int
    message: str


def read_failure(folder: JobFolder) -> Ending | None:
    """What the marker of failure says, ``None`` when there is none.

    Raises:
        CorruptFileError: it is there and says something else.
    """
    try:
        with open(folder.failed, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return None
    try:
        value = json.loads(content or b"1")
        if isinstance(value, int):  # a bare exit status, as older releases wrote
            return Ending(JobFailureStatus.FAILED, value, f"exit status {value}")
        reason = JobFailureStatus.parse(value.get("reason"))
        return Ending(reason, int(value.get("code", 1)), str(value.get("message") or ""))
    except (ValueError, AttributeError, TypeError) as error:
        raise CorruptFileError(f"{folder.failed}: expected a marker of failure: {error}") from None
