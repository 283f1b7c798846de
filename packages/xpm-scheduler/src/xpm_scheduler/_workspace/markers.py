"""The marker of failure in a job's folder, and the record of the tokens that the job holds."""

from __future__ import annotations

import contextlib
import json
import os
from typing import NamedTuple

from xpm_os.files import write_json
from xpm_scheduler._graph.states import JobFailureStatus
from xpm_scheduler.exceptions import CorruptFileError

from .layout import JobFolder


class Failure(NamedTuple):
    """How a job failed, as its marker records it.

    Attributes:
        reason: why.
        code: the exit status of its process.
        message: what is known beyond that; may be empty.
    """

    reason: JobFailureStatus
    code: int
    message: str


def read_failure(folder: JobFolder) -> Failure | None:
    """Read the marker of failure; return `None` when there is none.

    Raises:
        CorruptFileError: it is there and cannot be understood.
    """
    try:
        with open(folder.failed, "rb") as file:
            content = file.read()
    except FileNotFoundError:
        return None
    try:
        value = json.loads(content or b"1")
        if isinstance(value, int):  # a bare exit status, as older releases wrote
            return Failure(JobFailureStatus.FAILED, value, f"exit status {value}")
        reason = JobFailureStatus.parse(value.get("reason"))
        return Failure(reason, int(value.get("code", 1)), str(value.get("message") or ""))
    except (ValueError, AttributeError, TypeError) as error:
        raise CorruptFileError(f"{folder.failed}: expected a marker of failure: {error}") from None


def write_failure(folder: JobFolder, failure: Failure) -> None:
    """Write the marker of failure."""
    write_json(
        folder.failed,
        {"code": failure.code, "reason": failure.reason.value, "message": failure.message},
    )


def forget_locks(folder: JobFolder) -> None:
    """Remove the record of the tokens that a job holds."""
    with contextlib.suppress(OSError):
        os.unlink(folder.locks)
