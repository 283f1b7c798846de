"""What a record asks for what it does not hold itself."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Static(NamedTuple):
    """What is known of a job since its submission.

    Attributes:
        tags: ``{name: value}``.
        depends_on: identifiers of the jobs that must be done before.
        transient: ``"transient"`` or ``"remove"``, or ``None``.
    """

    tags: dict[str, Any]
    depends_on: list[str]
    transient: str | None = None


#: Of a job of which nothing was written down.
NOTHING = Static({}, [])


class Home(Protocol):
    """Where records come from: a run, or a workspace."""

    def job_path(self, task_id: str, job_id: str) -> str:
        """The folder of a job."""

    def static(self, job_id: str) -> Static:
        """What is known of a job since its submission."""
