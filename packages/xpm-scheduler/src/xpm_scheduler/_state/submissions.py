"""What is known of the jobs of a run since their submission."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from xpm_os.jsonl import LineReader, Problem

from .interfaces import NOTHING, Static


class StaticFacts:
    """The lines of `jobs.jsonl`, read when one is first asked for.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        self._reader = LineReader(path)
        self._lines: dict[str, dict[str, Any]] = {}
        self._dependencies: dict[str, list[str]] | None = None

    def of(self, job_id: str, submissions: Callable[[], Iterator[dict[str, Any]]]) -> Static:
        """Return what is known of a job.

        Args:
            job_id: the job.
            submissions: gives the events of submissions: only there does release 2.x
                write what a job depends on.
        """
        if job_id not in self._lines:
            self._read()
        line = self._lines.get(job_id)
        if line is None:
            return NOTHING
        tags, depends_on = line.get("tags"), line.get("depends_on")
        if depends_on is None:
            depends_on = self._dependencies_in(submissions).get(job_id, [])
        mode = line.get("transient")
        return Static(
            tags if isinstance(tags, dict) else {},
            [each for each in depends_on if isinstance(each, str)],
            mode if isinstance(mode, str) else None,
        )

    def all(self) -> list[tuple[str, str, float | None]]:
        """Return identifier, type and time of submission of each job, in this order."""
        self._read()
        jobs = []
        for job_id, line in self._lines.items():
            time = line.get("timestamp")
            when = float(time) if isinstance(time, int | float) else None
            jobs.append((job_id, str(line.get("task_id") or ""), when))
        return jobs

    def take_problems(self) -> list[Problem]:
        """Return what could not be read since the last time."""
        return self._reader.take_problems()

    def _read(self) -> None:
        for line in self._reader.read():
            job_id = line.get("job_id")
            if isinstance(job_id, str):
                self._lines[job_id] = line

    def _dependencies_in(
        self, submissions: Callable[[], Iterator[dict[str, Any]]]
    ) -> dict[str, list[str]]:
        if self._dependencies is None:
            self._dependencies = {}
            for event in submissions():
                origins = event.get("depends_on")
                if isinstance(origins, list):
                    self._dependencies[str(event.get("job_id"))] = origins
        return self._dependencies
