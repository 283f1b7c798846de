"""What is written about one run of an experiment, by the driver alone."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xpm_os.files import write_json
from xpm_os.hosts import host_name
from xpm_os.jsonl import LineLog
from xpm_scheduler._actions.checker import RegisteredAction
from xpm_scheduler._events.kinds import Event
from xpm_scheduler._graph.nodes import TransientMode
from xpm_scheduler._graph.states import JobFailureStatus, JobState
from xpm_scheduler._state.fold import Fold
from xpm_scheduler._state.snapshot import Snapshot, dump_snapshot
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.json_files import iso_time
from xpm_scheduler._workspace.runs import new_run, point_current_to
from xpm_serialize import ObjectWriter

from .environment import capture_environment
from .run_events import RunEvents

_logger = logging.getLogger("xpm.scheduler")

#: Seconds after which what could not be written is tried again.
_RETRY = 1.0


class RunRecords:
    """The folder of a run: `<workspace>/experiments/<experiment id>/<run id>`.

    Args:
        experiment_path: the experiment's folder, whose lock is held.
        projects: the state of the repositories of the plan's code.
        run_tags: names of the run, which may still be added to.
    """

    def __init__(
        self, experiment_path: Path, projects: list[dict[str, Any]], run_tags: list[str]
    ) -> None:
        self.experiment_id = experiment_path.name
        self.path = new_run(experiment_path)
        self.run_id = self.path.name
        self._started = time.time()
        self._events = RunEvents(self.experiment_id, self.run_id)
        #: What the log amounts to, by the same rules by which it will be read.
        self._fold = Fold()
        self._services: dict[str, dict[str, Any]] = {}
        self._actions: dict[str, dict[str, str]] = {}
        self._run_tags = run_tags
        self._recorded_tags = [str(tag) for tag in run_tags]
        self._objects = ObjectWriter()
        self._jobs_log = LineLog(self.path / "jobs.jsonl")
        self._objects_log = LineLog(self.path / "objects.jsonl")
        os.mkdir(self.path / "events")
        self._events_path = f"{self.path}/events/event-0.jsonl"
        self._events_log = LineLog(self._events_path)
        self._links = self.path / "jobs"
        os.mkdir(self._links)
        self._task_folders: set[str] = set()
        self._unlinked: list[Job] = []
        self._in_trouble = False
        self._retry_at = 0.0
        self._snapshot_due = False
        self._next_snapshot = 0.0
        self._environment = {**capture_environment(), "projects": projects}
        self._write_environment("running", None)
        self.write_status("running")
        point_current_to(self.path)

    def submitted(self, job: Job) -> None:
        """Record a job: its line, its objects, its link, its first event."""
        now = round(time.time(), 6)
        origins = [origin.identifier for origin in job.origins if isinstance(origin, Job)]
        line = {
            "job_id": job.identifier,
            "task_id": job.task_id,
            "tags": job.tags,
            "timestamp": now,
            "depends_on": origins,
        }
        if job.transient is not TransientMode.NONE:
            line["transient"] = job.transient.name.lower()
        self._jobs_log.append(line)
        for record in self._objects.records(job.config):
            self._objects_log.append(record)
        self._unlinked.append(job)
        self._append(self._events.job_submitted(job, origins, now))
        if not job.state.is_unscheduled():
            self.changed(job, job.state)  # another experiment of this process has it already

    def changed(self, job: Job, new: JobState) -> None:
        """Record that a job has changed its state."""
        self._append(self._events.job_changed(job, new))

    def _append(self, event: Event) -> None:
        self._events_log.append(event)
        self._fold.apply(event)
        self._snapshot_due = True

    def add_action(self, action: RegisteredAction) -> None:
        """Record an action: its objects, its description, an event."""
        for record in self._objects.records(action.action):
            self._objects_log.append(record)
        self._actions[action.identifier] = {
            "action_id": action.identifier,
            "description": action.description,
            "class": action.kind,
        }
        self._append(self._events.action_added(action))

    def set_service(self, service: dict[str, Any], *, added: bool) -> None:
        """Record a service: that it was added, or has another state.

        Args:
            service: what its `full_state_dict()` gave.
            added: whether it was added just now.
        """
        self._services[service["service_id"]] = service
        self._append(self._events.service_changed(service, added=added))

    def flush(self) -> None:
        """Write what was recorded since the last time.

        What cannot be written, as the disk is full, is kept for later: no task fails for it.
        """
        if self._in_trouble and time.monotonic() < self._retry_at:
            return
        try:
            self._flush_logs()
            self._write_snapshot()
            self._in_trouble = False
        except OSError as error:
            self._retry_at = time.monotonic() + _RETRY
            if not self._in_trouble:
                _logger.error("%s: what happens cannot be recorded: %s", self.experiment_id, error)
            self._in_trouble = True

    def _flush_logs(self) -> None:
        self._record_tags()
        self._jobs_log.flush()
        self._objects_log.flush()
        while self._unlinked:
            self._link(self._unlinked[-1])
            self._unlinked.pop()
        self._events_log.flush()

    def _write_snapshot(self) -> None:
        now = time.monotonic()
        if self._snapshot_due and now >= self._next_snapshot:
            self.write_status("running")
            # A snapshot costs as much as there are jobs: never more than 2 % of the time.
            self._next_snapshot = now + max(1.0, 50 * (time.monotonic() - now))

    def next_flush(self) -> float:
        """Return the seconds until the snapshot is due; infinite when it is up to date."""
        now = time.monotonic()
        if self._in_trouble:
            return max(0.0, self._retry_at - now)
        if not self._snapshot_due:
            return math.inf
        return max(0.0, self._next_snapshot - now)

    def close(self, status: str) -> None:
        """Record the end of the run: `done` or `failed`."""
        ended = time.time()
        self._append(self._events.completed(status, ended))
        parts: tuple[Callable[[], None], ...] = (
            self._flush_logs,
            self._jobs_log.close,
            self._objects_log.close,
            self._events_log.close,
            lambda: self.write_status(status, ended),
            lambda: self._write_environment("completed" if status == "done" else status, ended),
        )
        errors = []
        for part in parts:
            try:
                part()
            except OSError as error:
                errors.append(error)
        if errors:
            _logger.error("%s: its end cannot be recorded: %s", self.experiment_id, errors[-1])

    def _record_tags(self) -> None:
        """Record the run's tags when the plan has changed them."""
        tags = [str(tag) for tag in self._run_tags]
        if tags != self._recorded_tags:
            self._recorded_tags = tags
            self._append(self._events.tags_changed(tags))

    def write_status(self, status: str, ended: float | None = None) -> None:
        """Replace the snapshot; what was recorded must have been flushed."""
        write_json(
            self.path / "status.json",
            {
                "version": 1,
                "experiment_id": self.experiment_id,
                "run_id": self.run_id,
                "status": status,
                "hostname": host_name(),
                "started_at": iso_time(self._started),
                "ended_at": iso_time(ended),
                "job_states": {
                    job_id: _state_text(record.state) for job_id, record in self._fold.jobs.items()
                },
                "services": self._services,
                "actions": self._actions,
                "run_tags": self._recorded_tags,
                "last_updated": iso_time(time.time()),
                # A reader starts from here, and goes on after that place of the log.
                "fold": dump_snapshot(
                    Snapshot(self._fold.jobs, "event-0.jsonl", _size(self._events_path))
                ),
            },
        )
        self._snapshot_due = False

    def _write_environment(self, status: str, ended: float | None) -> None:
        run = {
            "hostname": host_name(),
            "started_at": iso_time(self._started),
            "ended_at": iso_time(ended),
            "status": status,
        }
        write_json(self.path / "environment.json", {**self._environment, "run": run})

    def _link(self, job: Job) -> None:
        if job.task_id not in self._task_folders:
            os.makedirs(self._links / job.task_id, exist_ok=True)
            self._task_folders.add(job.task_id)
        # Relative, so that a workspace can be moved: up from <experiment>/<run>/jobs/<task>.
        target = f"../../../../../jobs/{job.task_id}/{job.identifier}"
        with contextlib.suppress(FileExistsError):
            os.symlink(target, f"{self._links}/{job.task_id}/{job.identifier}")


def _state_text(state: JobState) -> str:
    reason = state.failure_reason
    if reason is None:
        return state.value
    # A job that never started because of another one is not itself in error.
    return "unscheduled" if reason is JobFailureStatus.DEPENDENCY else f"error:{reason.name}"


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0  # nothing was recorded yet
