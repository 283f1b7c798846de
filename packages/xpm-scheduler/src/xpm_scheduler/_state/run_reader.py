"""Reading what was written about a run: its snapshot, its log, its lists."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from xpm_os.jsonl import Problem
from xpm_scheduler._events.event_log import EventLog
from xpm_scheduler._events.kinds import RUN_ID
from xpm_scheduler._events.state_names import parse_state
from xpm_scheduler._graph.states import JobState, same_state
from xpm_scheduler.exceptions import CorruptFileError

from .fold import Fold
from .interfaces import RecordSource, Static
from .job_folder import iso_seconds
from .records import Changes, ExperimentStatus, JobRecord
from .snapshot import decode_status, load_snapshot
from .submissions import StaticFacts

#: The snapshot is read again only when the log is not enough, and takes at most this part of
#: the reader's time.
_SNAPSHOT_SHARE = 0.05


class RunReader:
    """Reads the files of a run, and later what was written since.

    Args:
        source: the run, for its records.
        path: the run's folder.

    Attributes:
        fold: the states of the jobs, and what is known of the run itself.
        problems: what could not be read; all else was.
        hostname: where the driver runs or ran, `None` when that is not known.
        started: when the run began, in seconds since the epoch, or `None`.
    """

    def __init__(self, source: RecordSource, path: Path) -> None:
        self.fold = Fold(source)
        self.problems: list[Problem] = []
        self.hostname: str | None = None
        self.started: float | None = None
        self._source = source
        self._run_id = path.name
        self._written_by: object = path.name
        self._log = EventLog(str(path / "events"))
        self._facts = StaticFacts(str(path / "jobs.jsonl"))
        self._snapshot_path = str(path / "status.json")
        self._signature: object = None
        self._next_snapshot = 0.0
        #: Jobs that only the snapshot of a release without folded events names.
        self._unlogged: set[str] = set()

    def static(self, job_id: str) -> Static:
        """Return what is known of a job since its submission."""
        facts = self._facts.of(job_id, self._log.submissions)
        self.report(self._facts.take_problems())
        return facts

    def report(self, problems: list[Problem]) -> None:
        """Add what could not be read, each problem once."""
        for problem in problems:
            if problem not in self.problems:
                self.problems.append(problem)

    def refresh(self) -> Changes:
        """Read what was written since the last time.

        Returns:
            What has changed.
        """
        count = len(self.problems)
        changed: dict[str, JobRecord] = {}
        first = self._signature is None
        run = self._read_snapshot(changed) if first else False
        run |= self._read_log(changed)
        if not first and self._wants_snapshot(bool(changed) or run):
            run |= self._read_snapshot(changed)
            run |= self._read_log(changed)
        return Changes(list(changed.values()), run or first, self.problems[count:])

    def _read_log(self, changed: dict[str, JobRecord]) -> bool:
        """Take in what was appended to the log."""
        run = False
        apply = self.fold.apply
        own, written_by = self._run_id, self._written_by
        for event in self._log.read():
            # Of release 2.x, a run that follows a killed one may write on in its log.
            written_by = event.get(RUN_ID) or written_by
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
        self.report(self._log.take_problems())
        return run

    def _wants_snapshot(self, news: bool) -> bool:
        """Return whether the snapshot may have more than the log."""
        if news and not self._log.damaged:
            return False  # the log is read as it should be
        if time.monotonic() < self._next_snapshot:
            return False
        return _signature(self._snapshot_path) != self._signature

    def _read_snapshot(self, changed: dict[str, JobRecord]) -> bool:
        """Take in the snapshot, as far as it has more than the log.

        Returns:
            Whether something about the run itself has changed.
        """
        path = self._snapshot_path
        begun = time.monotonic()
        self._signature = _signature(path)
        status: dict[str, Any] = {}
        try:
            with open(path, "rb") as file:
                status = decode_status(file.read())
        except FileNotFoundError:
            pass
        except OSError as error:
            self.report([Problem(path, f"cannot be read: {error.strerror}")])
        except CorruptFileError as error:
            self.report([Problem(path, str(error))])
        run = self._take_snapshot(status, changed)
        now = time.monotonic()
        self._next_snapshot = now + (now - begun) / _SNAPSHOT_SHARE
        return run

    def _take_snapshot(self, status: dict[str, Any], changed: dict[str, JobRecord]) -> bool:
        if isinstance(name := status.get("hostname"), str):
            self.hostname = name
        self.started = iso_seconds(status.get("started_at")) or self.started
        job_states = status.get("job_states")
        states = job_states if isinstance(job_states, dict) else {}
        folded = status.get("fold")
        if isinstance(folded, dict):
            try:
                snapshot = load_snapshot(states, folded, self._source)
            except CorruptFileError as error:
                self.report([Problem(self._snapshot_path, str(error))])
            else:
                if not self._log.is_behind(snapshot.file, snapshot.offset):
                    return False
                self._log.go_to(snapshot.file, snapshot.offset)
                self._merge(snapshot.jobs, changed)
                return self._take_run(status)
        self._take_unlogged(states, changed)
        return self._take_run(status)

    def _take_run(self, status: dict[str, Any]) -> bool:
        """Take in what a snapshot has about the run; return whether that is new."""
        fold = self.fold
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
        jobs = self.fold.jobs
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

        Releases 2.x write such snapshots; what the log has about a job comes on top.
        """
        jobs = self.fold.jobs
        for job_id, task_id, submitted in self._facts.all():
            if job_id not in jobs:
                record = JobRecord(
                    job_id,
                    task_id,
                    JobState.UNSCHEDULED,
                    submitted=submitted,
                    source=self._source,
                )
                jobs[job_id] = changed[job_id] = record
                self._unlogged.add(job_id)
        self.report(self._facts.take_problems())
        for job_id in self._unlogged:
            state = parse_state(states.get(job_id))
            record = jobs[job_id]
            if state is not None and not same_state(record.state, state):
                record.state = state
                changed[job_id] = record


def _signature(path: str) -> object:
    try:
        stat = os.stat(path)
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
