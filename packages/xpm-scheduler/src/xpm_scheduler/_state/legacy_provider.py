"""The reader of a workspace under the name, and with the questions, of release 2.x."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from xpm_scheduler.exceptions import WorkspaceError

from .records import JobRecord
from .run import RunState
from .workspace import WorkspaceState


class WorkspaceStateProvider:
    """Answers questions about a workspace; each answer is up to date.

    New code reads `WorkspaceState`, which this asks.

    Args:
        path: the folder of the workspace.
    """

    _instances: ClassVar[dict[str, WorkspaceStateProvider]] = {}

    def __init__(self, path: str | Path) -> None:
        self.state = WorkspaceState(path)
        self._runs: dict[tuple[str, str], RunState] = {}

    @classmethod
    def get_instance(cls, path: str | Path) -> WorkspaceStateProvider:
        """Return the provider of a workspace; one object a folder."""
        key = os.path.realpath(path)
        found = cls._instances.get(key)
        if found is None:
            found = cls._instances[key] = cls(path)
        return found

    @property
    def workspace_path(self) -> Path:
        """The folder of the workspace."""
        return self.state.path

    def get_experiments(self) -> list[RunState]:
        """Return the newest run of each experiment that has one."""
        found = (self.get_experiment(name) for name in self.state.experiments())
        return [run for run in found if run is not None]

    def get_experiment(self, experiment_id: str) -> RunState | None:
        """Return the newest run of an experiment, `None` when there is none."""
        return self._run(experiment_id, None)

    def get_experiment_runs(self, experiment_id: str) -> list[RunState]:
        """Return all runs of an experiment, the oldest first."""
        try:
            names = self.state.runs(experiment_id)
        except WorkspaceError:
            return []
        found = (self._run(experiment_id, name) for name in names)
        return [run for run in found if run is not None]

    def get_current_run(self, experiment_id: str) -> str | None:
        """Return the identifier of the newest run, `None` when there is none."""
        try:
            return self.state.current_run(experiment_id)
        except WorkspaceError:
            return None

    def get_jobs(self, experiment_id: str, run_id: str | None = None) -> list[JobRecord]:
        """Return the jobs of a run, by default of the newest; none when there is no such run."""
        run = self._run(experiment_id, run_id)
        return list(run.jobs.values()) if run is not None else []

    def get_job(
        self, job_id: str, experiment_id: str, run_id: str | None = None
    ) -> JobRecord | None:
        """Return a job of a run, `None` when there is none."""
        run = self._run(experiment_id, run_id)
        return run.jobs.get(job_id) if run is not None else None

    def get_all_jobs(self) -> list[JobRecord]:
        """Return all jobs that have a folder."""
        return list(self.state.jobs())

    def get_orphan_jobs(self) -> list[JobRecord]:
        """Return the jobs that have a folder and belong to no run."""
        return list(self.state.orphans())

    def get_tags_map(
        self, experiment_id: str, run_id: str | None = None
    ) -> dict[str, dict[str, Any]]:
        """Return the tags of each job of a run."""
        return {job.job_id: job.tags for job in self.get_jobs(experiment_id, run_id)}

    def get_dependencies_map(
        self, experiment_id: str, run_id: str | None = None
    ) -> dict[str, list[str]]:
        """Return the jobs that each job of a run depends on."""
        return {job.job_id: job.depends_on for job in self.get_jobs(experiment_id, run_id)}

    def get_services(self, experiment_id: str, run_id: str | None = None) -> dict[str, Any]:
        """Return the services of a run by identifier."""
        run = self._run(experiment_id, run_id)
        return dict(run.services) if run is not None else {}

    def close(self) -> None:
        """Forget what was read."""
        self._runs.clear()
        for key, provider in list(self._instances.items()):
            if provider is self:
                del self._instances[key]

    def _run(self, experiment_id: str, run_id: str | None) -> RunState | None:
        try:
            wanted = run_id or self.state.current_run(experiment_id)
            if wanted is None:
                return None
            run = self._runs.get((experiment_id, wanted))
            if run is not None:
                run.refresh()
            else:
                run = self._runs[experiment_id, wanted] = self.state.run(experiment_id, wanted)
        except WorkspaceError:
            return None
        return run
