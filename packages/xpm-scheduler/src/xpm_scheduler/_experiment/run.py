"""The run of an experiment in this process: from its lock to its summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from xpm_os.locks import FileLock
from xpm_scheduler._display.progress_line import live_line
from xpm_scheduler._display.summary import summary
from xpm_scheduler._job_folder.attempt import remove
from xpm_scheduler._recording.git import DirtyGitAction
from xpm_scheduler._recording.run_writer import RunRecords
from xpm_scheduler._tasks.interfaces import Engine
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.runs import prune_history
from xpm_scheduler._workspace.workspace import RunMode, Workspace
from xpm_scheduler.exceptions import WorkspaceError

from .checks import check_git, lock_runs
from .tracker import Tracker


class Run:
    """The run that an experiment makes; nothing is written in a dry run.

    Args:
        name: the experiment.
        workspace: where it is run.
        tracker: follows its jobs.

    Attributes:
        path: the folder of the experiment, which has one for each run.
        tags: names of the run, for people; may be added to while the experiment is open.
    """

    def __init__(self, name: str, workspace: Workspace, tracker: Tracker) -> None:
        self.path = workspace.experimentspath / name
        self.tags: list[str] = []
        self._name = name
        self._workspace = workspace
        self._tracker = tracker
        self._lock = FileLock(self.path / "lock")
        self._started = 0.0

    @property
    def recorded(self) -> bool:
        """Whether the run was opened, and is not a dry run."""
        return self._tracker.records is not None

    @property
    def id(self) -> str:
        """The name of the run's folder; `dry-run` in a dry run, which has none."""
        records = self._tracker.records
        return "dry-run" if records is None else records.run_id

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.path / self.id

    def open(
        self, engine: Engine[Job], project_paths: Sequence[Path], dirty_git: DirtyGitAction
    ) -> None:
        """Begin the run.

        Args:
            engine: runs its jobs.
            project_paths: folders of the plan's code.
            dirty_git: what to do when that code has changes that are not committed.

        Raises:
            WorkspaceError: its files cannot be written.
            DirtyGitError: the code has changes, and that is to be refused.
        """
        self._started = time.monotonic()
        if self._workspace.run_mode is RunMode.DRY_RUN:
            return
        try:
            self._open(engine, project_paths, dirty_git)
        except OSError as error:
            raise WorkspaceError(f"{self._name}: the run cannot be recorded: {error}") from None

    def _open(
        self, engine: Engine[Job], project_paths: Sequence[Path], dirty_git: DirtyGitAction
    ) -> None:
        projects = check_git(self._name, project_paths, dirty_git)
        self._workspace.create()
        self.path.mkdir(parents=True, exist_ok=True)
        lock_runs(self._name, self._lock)
        try:
            records = RunRecords(self.path, projects, self.tags)
            (records.path / "results").mkdir()
        except BaseException:
            self._lock.release()
            raise
        self._tracker.begin(engine, records, live_line(self._name, self._tracker.counts))

    def finish(self, engine: Engine[Job]) -> None:
        """Do what is left once all jobs have ended: remove transient folders, wait for archives."""
        self._tracker.status = "failed" if self._tracker.failed else "done"
        if not self.recorded:
            return
        if self._workspace.run_mode is RunMode.NORMAL:
            self._remove_transient(engine)
        engine.finish_archives()

    def _remove_transient(self, engine: Engine[Job]) -> None:
        """Remove the folders of tasks that only others used, which are done."""
        for job in engine.removable(self._tracker):
            try:
                remove(job.folder)
            except OSError as error:
                print(f"{self._name}: {job.path} cannot be removed: {error}", file=sys.stderr)

    def close(self, engine: Engine[Job]) -> None:
        """End the run, and print how it went."""
        try:
            if self.recorded:
                self._close(engine)
        finally:
            self._lock.release()

    def _close(self, engine: Engine[Job]) -> None:
        tracker = self._tracker
        engine.detach(tracker)
        seconds = time.monotonic() - self._started
        print(summary(self._name, tracker.jobs.values(), tracker.counts, seconds), file=sys.stderr)
        for text in tracker.other_failures:
            print(f"  failed: {text}", file=sys.stderr)
        running = tracker.counts.running
        if running:
            print(
                f"{self._name}: {running} {'task goes' if running == 1 else 'tasks go'} on "
                "without this process; "
                "run the experiment again to take over",
                file=sys.stderr,
            )
        history = self._workspace.workspace_settings.history
        prune_history(self.path, history, tracker.status)
