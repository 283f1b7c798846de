"""Runs of releases that kept no records of them but links to their jobs."""

from __future__ import annotations

import os
from pathlib import Path

from xpm_scheduler._graph.states import same_state
from xpm_scheduler._workspace.layout import JobFolder

from .interfaces import NOTHING, Static
from .job_folder import observe
from .records import Changes, ExperimentStatus, JobRecord
from .run import RunState

#: The folders of links of such an experiment: of the run before, and of the last one.
OLD_RUNS = ("jobs.bak", "jobs")


class OldRunState(RunState):
    """A run of which there are only links to the folders of its jobs.

    Args:
        workspace: the folder of the workspace.
        path: the folder of links.
    """

    def refresh(self) -> Changes:
        """Look at the jobs' folders.

        Returns:
            What has changed.
        """
        changed = []
        jobs = self._fold.jobs
        for task_id in _entries(self.path):
            for job_id in _entries(self.path / task_id):
                folder = JobFolder.at(Path(self.job_path(task_id, job_id)))
                observed = observe(folder)
                record = jobs.get(job_id)
                if record is not None and same_state(record.state, observed.state):
                    continue
                if record is None:
                    record = jobs[job_id] = JobRecord(job_id, task_id, observed.state, source=self)
                record.state, record.message = observed.state, observed.message
                changed.append(record)
        states = [record.state for record in jobs.values()]
        before = self.status
        if all(state.finished() for state in states):
            failed = any(state.is_error() for state in states)
            self._fold.status = ExperimentStatus.FAILED if failed else ExperimentStatus.DONE
        return Changes(changed, self.status is not before, [])

    @property
    def alive(self) -> bool:
        """Whether a driver is known to hold the experiment: never."""
        return False

    def static(self, job_id: str) -> Static:
        """Return what is known of a job since its submission: nothing."""
        del job_id
        return NOTHING


def _entries(path: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(path) if not name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
