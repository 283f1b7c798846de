"""One run of an experiment, as its files show it."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from xpm_os.jsonl import Problem
from xpm_os.locks import is_locked_alone
from xpm_scheduler._graph.states import JobFailureStatus, JobState, JobStateError, same_state
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder, job_path

from .interfaces import Static
from .job_folder import observe
from .records import Changes, ExperimentStatus, JobRecord
from .run_reader import RunReader


class RunState:
    """One run of an experiment: its jobs, and how it stands.

    Reading takes no lock that anybody waits for, writes nothing, and works while the driver
    runs, after its end, and after it was killed. `refresh` reads what was written since. One
    object belongs to one thread.

    Args:
        workspace: the folder of the workspace.
        path: the run's folder.

    Attributes:
        experiment_id: the experiment.
        run_id: the run.
        path: the run's folder.
        problems: what could not be read; all else was.
    """

    def __init__(self, workspace: Path, path: Path) -> None:
        self.experiment_id = path.parent.name
        self.run_id = path.name
        self.path = path
        self._root = str(workspace)
        self._reader = RunReader(self, path)
        self.problems: list[Problem] = self._reader.problems
        self._fold = self._reader.fold
        self._jobs = MappingProxyType(self._fold.jobs)

    # ------------------------------------------------------------------------ what it is

    @property
    def hostname(self) -> str | None:
        """Where the driver runs or ran, `None` when that is not known."""
        return self._reader.hostname

    @property
    def started(self) -> float | None:
        """When the run began, in seconds since the epoch, or `None`."""
        return self._reader.started

    @property
    def jobs(self) -> Mapping[str, JobRecord]:
        """The jobs by identifier, in the order of submission."""
        return self._jobs

    @property
    def status(self) -> ExperimentStatus:
        """How the run stands, as recorded; see `interrupted`."""
        return self._fold.status

    @property
    def ended(self) -> float | None:
        """When the run ended, in seconds since the epoch, or `None`."""
        return self._fold.ended

    @property
    def services(self) -> Mapping[str, Any]:
        """The services by identifier, `{"description", "class", "state_dict", …}` each."""
        return MappingProxyType(self._fold.sections["services"])

    @property
    def actions(self) -> Mapping[str, Any]:
        """The actions by identifier."""
        return MappingProxyType(self._fold.sections["actions"])

    @property
    def run_tags(self) -> list[str]:
        """The tags of the run."""
        return list(self._fold.run_tags)

    @property
    def alive(self) -> bool:
        """Whether a driver holds the experiment's lock for this run; asked each time."""
        return (
            self.status is ExperimentStatus.RUNNING
            and is_locked_alone(str(self.path.parent / "lock"))
            and _is_newest(self.path)
        )

    @property
    def interrupted(self) -> bool:
        """Whether the driver is gone without having recorded an end."""
        return self.status is ExperimentStatus.RUNNING and not self.alive

    def counts(self) -> Counter[str]:
        """Return how many jobs are in each state, by its name in lower case (`"done"`)."""
        names = Counter(map(_state_of, self._fold.jobs.values()))
        counts: Counter[str] = Counter()
        for state, number in names.items():
            counts[state.value] += number
        return counts

    def environment(self) -> dict[str, Any]:
        """Return the content of `environment.json`: Python, packages, git state of the code.

        Raises:
            CorruptFileError: it is there, and is not a JSON object.
        """
        return read_json_object(self.path / "environment.json") or {}

    def refresh(self) -> Changes:
        """Read what was written since the last time.

        Returns:
            What has changed.
        """
        return self._reader.refresh()

    # ------------------------------------------------------------------------- for its records

    def job_path(self, task_id: str, job_id: str) -> str:
        """Return the folder of a job."""
        return job_path(self._root, task_id, job_id)

    def static(self, job_id: str) -> Static:
        """Return what is known of a job since its submission."""
        return self._reader.static(job_id)

    # ------------------------------------------------------------------------------ following

    def verify(self, *, active: bool = False) -> list[JobRecord]:
        """Inspect the folders of the jobs that have not ended, and correct their records.

        While the driver lives its log is the truth, and only jobs that it has started are
        inspected. Jobs go on when it is gone: then a job that runs is `running`, one that has
        ended is `done` or has its error, one that was started and whose process is gone is
        lost, and one that was never started is `unscheduled`.

        Args:
            active: inspect only jobs that were started, where any job may have been taken over
                by another driver.

        Returns:
            The records that have changed.
        """
        alive = self.alive
        changed = []
        for record in self._fold.jobs.values():
            state = record.state
            if state.finished() or ((alive or active) and state.notstarted()):
                continue
            folder = JobFolder(self.job_path(record.task_id, record.job_id), record.name)
            problems: list[str] = []
            observed = observe(folder, problems=problems)
            self._reader.report([Problem(folder.path, text) for text in problems])
            truth = _true_state(state, observed.state, alive)
            if not same_state(truth, state):
                record.state = truth
                record.message = observed.message if truth.is_error() else ""
                changed.append(record)
        return changed

    def follow(
        self,
        interval: float = 1.0,
        *,
        timeout: float | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Changes]:
        """Follow the run until nothing of it runs any more.

        Needs no notifications of the file system. When the driver is gone, the jobs that go on
        are followed by their folders.

        Args:
            interval: how often to look, in seconds.
            timeout: when to give up, in seconds; `None` for never.
            stop: set it to end the iteration from another thread.

        Yields:
            What has changed, each time that something has.
        """
        stop = stop or threading.Event()
        deadline = None if timeout is None else time.monotonic() + timeout
        orphaned = False
        while not stop.is_set():
            # Asked before reading: what a driver wrote before its end is then read.
            alive = self.alive
            changes = self.refresh()
            over = not alive or self.status is not ExperimentStatus.RUNNING
            if over:
                corrected = self.verify(active=orphaned)
                orphaned = True
                changed = {record.job_id for record in changes.jobs}
                changes.jobs.extend(each for each in corrected if each.job_id not in changed)
            if changes:
                yield changes
            if over and not any(each.state.running() for each in self._fold.jobs.values()):
                return
            if deadline is not None and time.monotonic() >= deadline:
                return
            stop.wait(interval)

    def __repr__(self) -> str:
        return (
            f"RunState({self.experiment_id}/{self.run_id}, {self.status.value}, "
            f"{len(self._fold.jobs)} jobs)"
        )


def _true_state(recorded: JobState, observed: JobState, alive: bool) -> JobState:
    """Return the state of a job for which the run has one state and the folder another."""
    if observed == JobState.DONE or observed == JobState.RUNNING:
        return observed
    if alive:
        return recorded  # an older failure; or the driver is about to record it
    if recorded.notstarted():
        return JobState.UNSCHEDULED  # a failure in its folder is that of an earlier run
    if observed == JobState.UNSCHEDULED and recorded == JobState.RUNNING:
        return JobStateError(JobFailureStatus.LOST)
    return observed


def _state_of(record: JobRecord) -> JobState:
    return record.state


def _is_newest(path: Path) -> bool:
    """Return whether a run is the one that the experiment's link points to."""
    try:
        return os.readlink(path.parent / "current").rstrip("/").rpartition("/")[2] == path.name
    except OSError:
        return True
