"""A workspace, as its files show it."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from xpm_scheduler._workspace.layout import JobFolder, job_path, task_name
from xpm_scheduler._workspace.runs import run_order
from xpm_scheduler.exceptions import WorkspaceError

from .interfaces import NOTHING, Static
from .job_folder import observe
from .legacy_run import OLD_RUNS, OldRunState
from .records import JobRecord
from .run import RunState


class WorkspaceState:
    """Reads the state of a workspace: experiments, runs, jobs.

    Writes nothing, and works while experiments run and when nothing does.

    Args:
        path: the folder of the workspace.

    Raises:
        WorkspaceError: there is no such folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(os.path.abspath(Path(path).expanduser()))
        if not self.path.is_dir():
            raise WorkspaceError(f"{self.path}: expected the folder of a workspace, found none")

    def experiments(self) -> list[str]:
        """Return the identifiers of the experiments, sorted."""
        names = {*_folders(self.path / "experiments"), *_folders(self.path / "xp")}
        return sorted(names)

    def runs(self, experiment_id: str) -> list[str]:
        """Return the runs of an experiment, the oldest first.

        Runs of releases that kept one run alone are called `"jobs.bak"` and `"jobs"`.

        Raises:
            WorkspaceError: there is no such experiment.
        """
        old = self.path / "xp" / experiment_id
        runs = [name for name in OLD_RUNS if (old / name).is_dir()]
        folder = self.path / "experiments" / experiment_id
        names = (name for name in _folders(folder) if name[:1].isdigit())
        runs.extend(sorted(names, key=run_order))
        if not runs and not folder.is_dir() and not old.is_dir():
            raise WorkspaceError(
                f"{self.path}: there is no experiment {experiment_id!r}"
                + _nearest(experiment_id, self.experiments())
            )
        return runs

    def current_run(self, experiment_id: str) -> str | None:
        """Return the newest run of an experiment, `None` when it has no run.

        Raises:
            WorkspaceError: there is no such experiment.
        """
        runs = self.runs(experiment_id)
        try:
            link = os.readlink(self.path / "experiments" / experiment_id / "current")
        except OSError:
            return runs[-1] if runs else None
        name = link.rstrip("/").rpartition("/")[2]
        return name if name in runs else (runs[-1] if runs else None)

    def run(self, experiment_id: str, run_id: str | None = None) -> RunState:
        """Return the state of a run, read now.

        Args:
            experiment_id: the experiment.
            run_id: the run; `None` for the newest.

        Raises:
            WorkspaceError: there is no such experiment, or no such run.
        """
        runs = self.runs(experiment_id)
        wanted = run_id or self.current_run(experiment_id)
        if wanted is None or wanted not in runs:
            raise WorkspaceError(
                f"{self.path}: the experiment {experiment_id!r} has no run"
                + ("" if wanted is None else f" {wanted!r}{_nearest(wanted, runs)}")
            )
        state: RunState
        if wanted in OLD_RUNS:
            state = OldRunState(self.path, self.path / "xp" / experiment_id / wanted)
        else:
            path = self.path / "experiments" / experiment_id / wanted
            state = RunState(self.path, path)
        state.refresh()
        return state

    # ------------------------------------------------------------------------- job folders

    def job(self, task_id: str, job_id: str) -> JobRecord | None:
        """Return a job by its folder, whatever its runs; `None` when there is no folder."""
        path = self.job_path(task_id, job_id)
        return self._record(task_id, job_id) if os.path.isdir(path) else None

    def jobs(self) -> Iterator[JobRecord]:
        """Yield the jobs that have a folder, with the states by their folders."""
        root = self.path / "jobs"
        for task_id in sorted(_folders(root)):
            for job_id in sorted(_folders(root / task_id)):
                yield self._record(task_id, job_id)

    def orphans(self) -> Iterator[JobRecord]:
        """Yield the jobs that have a folder and belong to no run that is kept."""
        kept: set[str] = set()
        for experiment_id in self.experiments():
            for run_id in self.runs(experiment_id):
                kept.update(self.run(experiment_id, run_id).jobs)
        for record in self.jobs():
            if record.job_id not in kept:
                yield record

    def _record(self, task_id: str, job_id: str) -> JobRecord:
        observed = observe(JobFolder(self.job_path(task_id, job_id), task_name(task_id)))
        record = JobRecord(job_id, task_id, observed.state, source=self)
        record.message = observed.message
        return record

    def job_path(self, task_id: str, job_id: str) -> str:
        """Return the folder of a job."""
        return job_path(str(self.path), task_id, job_id)

    def static(self, job_id: str) -> Static:
        """Return what is known of a job outside any run: nothing."""
        del job_id
        return NOTHING

    def __repr__(self) -> str:
        return f"WorkspaceState({str(self.path)!r})"


def _folders(path: Path) -> list[str]:
    """Return the folders in a folder, without links and hidden ones."""
    try:
        with os.scandir(path) as entries:
            return [
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"; the nearest name is {near[0]!r}"
    return f"; there are {', '.join(known[-5:])}" if known else "; there is none"
