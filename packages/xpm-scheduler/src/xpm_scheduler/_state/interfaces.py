"""What a record reads what it does not hold itself from."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Static(NamedTuple):
    """What is known of a job since its submission.

    Attributes:
        tags: `{name: value}`.
        depends_on: identifiers of the jobs that must be done before.
        transient: `"transient"` or `"remove"`, or `None`.
    """

    tags: dict[str, Any]
    depends_on: list[str]
    transient: str | None = None


#: Of a job of which nothing was written down.
NOTHING = Static({}, [])


class RecordSource(Protocol):
    """What records come from: a run, or a workspace."""

    def job_path(self, task_id: str, job_id: str) -> str:
        """Return the folder of a job."""

    def static(self, job_id: str) -> Static:
        """Return what is known of a job since its submission."""
