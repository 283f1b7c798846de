"""One run of an experiment, as its files tell it."""

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
from xpm_scheduler._graph.states import JobFailureStatus, JobState, JobStateError
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder, job_path
from xpm_scheduler.exceptions import CorruptFileError

from .event_log import EventLog
from .fold import Fold, decode_status, parse_state
from .interfaces import Static
from .job_folder import iso_seconds, look_passively
from .records import Changes, ExperimentStatus, JobRecord
from .submissions import StaticFacts

#: The snapshot is read again only when the log is not enough, and takes at most this part of
#: the reader's time.
_SNAPSHOT_SHARE = 0.05


class RunState:
    """One run of an experiment: its jobs, and how it stands.

    Reading takes no lock that anybody waits for, writes nothing, and works while the driver
    runs, after its end, and after it was killed. :meth:`refresh` reads what was written
    since. One object belongs to one thread.

    Args:
        workspace: the folder of the workspace.
        path: the run's folder.

    Attributes:
        experiment_id: the experiment.
        run_id: the run.
        path: the run's folder.
        problems: what could not be read; all else was.
        hostname: where the driver runs or ran, ``None`` when that is not known.
        started: when the run began, in seconds since the epoch, or ``None``.
    """

    def __init__(self, workspace: Path, path: Path) -> None:
        self.experiment_id = path.parent.name
        self.run_id = path.name
        self.path = path
        self.problems: list[Problem] = []
        self.hostname: str | None = None
        self.started: float | None = None
        self._root = str(workspace)
        self._written_by: object = self.run_id
        self._fold = Fold(self)
        self._log = EventLog(str(path / "events"))
        self._facts = StaticFacts(str(path / "jobs.jsonl"))
        self._jobs = MappingProxyType(self._fold.jobs)
        self._signature: object = None
        self._next_snapshot = 0.0
        #: Jobs that only the snapshot of a release without folded events tells of.
        self._unlogged: set[str] = set()

    # ------------------------------------------------------------------------ what it says

    @property
    def jobs(self) -> Mapping[str, JobRecord]:
        """The jobs by identifier, in the order of submission."""
        return self._jobs

    @property
    def status(self) -> ExperimentStatus:
        """How the run stands, as recorded; see :attr:`interrupted`."""
        return self._fold.status

    @property
    def ended(self) -> float | None:
        """When the run ended, in seconds since the epoch, or ``None``."""
        return self._fold.ended

    @property
    def services(self) -> Mapping[str, Any]:
        """The services by identifier, ``{"description", "class", "state_dict", …}`` each."""
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
        """How many jobs are in each state, by its name in lower case (``"done"``)."""
        names = Counter(map(_STATE, self._fold.jobs.values()))
        counts: Counter[str] = Counter()
        for state, number in names.items():
            counts[state.value] += number
        return counts

    def environment(self) -> dict[str, Any]:
        """What ``environment.json`` says: Python, packages, git state of the code.

        Raises:
            CorruptFileError: it is there, and is no JSON object.
        """
        return read_json_object(self.path / "environment.json") or {}

    # ------------------------------------------------------------------------- for its records

    def job_path(self, task_id: str, job_id: str) -> str:
        """The folder of a job."""
        return job_path(self._root, task_id, job_id)

    def static(self, job_id: str) -> Static:
        """What is known of a job since its submission."""
        facts = self._facts.of(job_id, self._log.submissions)
        self._report(self._facts.take_problems())
        return facts

    # ------------------------------------------------------------------------------- reading

    def refresh(self) -> Changes:
        """Read what was written since the last time.

        Returns:
            What has changed.
        """
        known = len(self.problems)
        changed: dict[str, JobRecord] = {}
        first = self._signature is None
        run = self._read_snapshot(changed) if first else False
        run |= self._read_log(changed)
        if not first and self._wants_snapshot(bool(changed) or run):
            run |= self._read_snapshot(changed)
            run |= self._read_log(changed)
        return Changes(list(changed.values()), run or first, self.problems[known:])

    def _read_log(self, changed: dict[str, JobRecord]) -> bool:
        """Take in what was appended to the log."""
        run = False
        apply = self._fold.apply
        own, written_by = self.run_id, self._written_by
        for event in self._log.read():
            # Of release 2.x, a run that follows a killed one may write on in its log.
            written_by = event.get("run_id") or written_by
            if written_by != own:
                continue
            what = apply(event)
            if what is True:
                run = True
            elif what is not False:
                changed[what.job_id] = what
        self._written_by = written_by
        if self._unlogged:
            self._unlogged.difference_update(changed)
        self._report(self._log.take_problems())
        return run

    def _wants_snapshot(self, news: bool) -> bool:
        """Whether the snapshot may tell what the log does not."""
        if news and not self._log.damaged:
            return False  # the log is read as it should be
        if time.monotonic() < self._next_snapshot:
            return False
        return _signature(str(self.path / "status.json")) != self._signature

    def _read_snapshot(self, changed: dict[str, JobRecord]) -> bool:
        """Take in the snapshot, as far as the log has not told more.

        Returns:
            Whether something about the run itself has changed.
        """
        path = str(self.path / "status.json")
        begun = time.monotonic()
        self._signature = _signature(path)
        try:
            with open(path, "rb") as file:
                status = decode_status(file.read())
        except FileNotFoundError:
            status = {}
        except OSError as error:
            status = {}
            self._report([Problem(path, f"cannot be read: {error.strerror}")])
        except CorruptFileError as error:
            status = {}
            self._report([Problem(path, str(error))])
        run = self._take_snapshot(path, status, changed)
        now = time.monotonic()
        self._next_snapshot = now + (now - begun) / _SNAPSHOT_SHARE
        return run

    def _take_snapshot(
        self, path: str, status: dict[str, Any], changed: dict[str, JobRecord]
    ) -> bool:
        if isinstance(name := status.get("hostname"), str):
            self.hostname = name
        self.started = iso_seconds(status.get("started_at")) or self.started
        job_states = status.get("job_states")
        states = job_states if isinstance(job_states, dict) else {}
        snapshot = status.get("fold")
        if isinstance(snapshot, dict):
            fresh = Fold(self)
            try:
                place = fresh.load(states, snapshot)
            except CorruptFileError as error:
                self._report([Problem(path, str(error))])
            else:
                if not self._log.is_behind(*place):
                    return False
                self._log.go_to(*place)
                self._merge(fresh.jobs, changed)
                return self._take_run(status)
        self._take_unlogged(states, changed)
        return self._take_run(status)

    def _take_run(self, status: dict[str, Any]) -> bool:
        """Take in what a snapshot says of the run; returns whether that is new."""
        fold = self._fold
        before = (fold.status, fold.ended, dict(fold.sections), fold.run_tags)
        recorded = ExperimentStatus.parse(status.get("status"))
        if recorded is not ExperimentStatus.RUNNING:
            fold.status, fold.ended = recorded, iso_seconds(status.get("ended_at"))
        for section in ("services", "actions"):
            if isinstance(values := status.get(section), dict) and values:
                fold.sections[section] = values
        if isinstance(tags := status.get("run_tags"), list) and tags:
            fold.run_tags = [str(tag) for tag in tags]
        return before != (fold.status, fold.ended, fold.sections, fold.run_tags)

    def _merge(self, fresh: dict[str, JobRecord], changed: dict[str, JobRecord]) -> None:
        """Put the records of a snapshot in the place of those known."""
        jobs = self._fold.jobs
        if not jobs:
            jobs.update(fresh)
            changed.update(fresh)
            return
        for job_id, record in fresh.items():
            old = jobs.get(job_id)
            if old is None:
                jobs[job_id] = changed[job_id] = record
            elif old.take(record):
                changed[job_id] = old

    def _take_unlogged(self, states: dict[str, Any], changed: dict[str, JobRecord]) -> None:
        """Start from the lists of a run whose snapshot does not say what it has folded.

        Releases 2.x write such ones; what the log says of a job comes on top.
        """
        jobs = self._fold.jobs
        for job_id, task_id, submitted in self._facts.all():
            if job_id not in jobs:
                record = JobRecord(
                    job_id, task_id, JobState.UNSCHEDULED, submitted=submitted, home=self
                )
                jobs[job_id] = changed[job_id] = record
                self._unlogged.add(job_id)
        self._report(self._facts.take_problems())
        for job_id in self._unlogged:
            state = parse_state(states.get(job_id))
            record = jobs[job_id]
            if state is not None and not same(record.state, state):
                record.state = state
                changed[job_id] = record

    def _report(self, problems: list[Problem]) -> None:
        for problem in problems:
            if problem not in self.problems:
                self.problems.append(problem)

    # ------------------------------------------------------------------------------ following

    def verify(self, *, active: bool = False) -> list[JobRecord]:
        """Ask the folders of the jobs that have not ended, and correct their records.

        While the driver lives its log is the truth, and only jobs that it has started are
        looked at. Jobs go on when it is gone: then a job that runs is ``running``, one that has
        ended is ``done`` or has its error, one that was started and whose process is gone is
        lost, and one that was never started is ``unscheduled``.

        Args:
            active: look only at jobs that were started, where any job may have been taken over
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
            seen = look_passively(folder, problems=problems)
            self._report([Problem(folder.path, text) for text in problems])
            truth = _believe(record.state, seen.state, alive)
            if not same(truth, state):
                record.state = truth
                record.message = seen.message if truth.is_error() else ""
                changed.append(record)
        return changed

    def follow(
        self,
        interval: float = 1.0,
        *,
        timeout: float | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Changes]:
        """Go with the run until nothing of it runs any more.

        Needs no notifications of the file system. When the driver is gone, the jobs that go on
        are followed by their folders.

        Args:
            interval: how often to look, in seconds.
            timeout: when to give up, in seconds; ``None`` for never.
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
                found = self.verify(active=orphaned)
                orphaned = True
                known = {record.job_id for record in changes.jobs}
                changes.jobs.extend(each for each in found if each.job_id not in known)
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


def same(one: JobState, other: JobState) -> bool:
    """Whether two states are the same, reasons of errors included."""
    return one == other and one.failure_reason is other.failure_reason


def _believe(recorded: JobState, seen: JobState, alive: bool) -> JobState:
    """What is so, when the run has recorded one thing and the folder says another."""
    if seen == JobState.DONE or seen == JobState.RUNNING:
        return seen
    if alive:
        return recorded  # an older failure; or the driver is about to record it
    if recorded.notstarted():
        return JobState.UNSCHEDULED  # a failure in its folder is that of an earlier run
    if seen == JobState.UNSCHEDULED and recorded == JobState.RUNNING:
        return JobStateError(JobFailureStatus.LOST)
    return seen


def _STATE(record: JobRecord) -> JobState:
    return record.state


def _signature(path: str) -> object:
    try:
        stat = os.stat(path)
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _is_newest(path: Path) -> bool:
    """Whether a run is the one that the experiment's link points to."""
    try:
        return os.readlink(path.parent / "current").rstrip("/").rpartition("/")[2] == path.name
    except OSError:
        return True
