"""What is written about one run of an experiment, by the driver alone."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import time
from pathlib import Path
from typing import Any

from xpm_serialize import ObjectWriter

from ._action import RegisteredAction
from ._attempts import hostname
from ._environment import capture_environment
from ._files import LineLog, iso_time, read_json_object, write_json
from ._job import Job
from ._states import JobFailureStatus, JobState
from .exceptions import CorruptFileError
from .settings import HistorySettings


class RunRecords:
    """The folder of a run: ``<workspace>/experiments/<experiment id>/<run id>``.

    Args:
        experiment_path: the experiment's folder, whose lock is held.
        projects: the state of the repositories of the plan's code.
        run_tags: names of the run, which may still be added to.
    """

    def __init__(
        self, experiment_path: Path, projects: list[dict[str, Any]], run_tags: list[str]
    ) -> None:
        self.experiment_id = experiment_path.name
        self.path = _new_folder(experiment_path)
        self.run_id = self.path.name
        self._started = time.time()
        self._states: dict[str, str] = {}
        self._services: dict[str, dict[str, Any]] = {}
        self._actions: dict[str, dict[str, str]] = {}
        self._run_tags = run_tags
        self._objects = ObjectWriter()
        self._jobs_log = LineLog(self.path / "jobs.jsonl")
        self._objects_log = LineLog(self.path / "objects.jsonl")
        os.mkdir(self.path / "events")
        self._events_log = LineLog(self.path / "events" / "event-0.jsonl")
        self._links = self.path / "jobs"
        os.mkdir(self._links)
        self._task_folders: set[str] = set()
        self._snapshot_due = False
        self._next_snapshot = 0.0
        self._environment = {**capture_environment(), "projects": projects}
        self._write_environment("running", None)
        self.write_status("running")
        _point_current_to(self.path)

    def submitted(self, job: Job) -> None:
        """Record a job: its line, its objects, its link, its first event."""
        now = time.time()
        self._jobs_log.append(
            {
                "job_id": job.identifier,
                "task_id": job.task_id,
                "tags": job.tags,
                "timestamp": now,
            }
        )
        for record in self._objects.records(job.config):
            self._objects_log.append(record)
        self._link(job)
        self._states[job.identifier] = "unscheduled"
        event = self._event(job, "submitted", now)
        event["tags"] = [{"key": key, "value": value} for key, value in job.tags.items()]
        event["depends_on"] = [
            origin.identifier for origin in job.origins if isinstance(origin, Job)
        ]
        event["submitted_time"] = iso_time(now)
        self._events_log.append(event)

    def changed(self, job: Job, new: JobState) -> None:
        """Record that a job has changed its state."""
        self._events_log.append(self._event(job, new.value, time.time()))
        self._states[job.identifier] = _state_text(new)
        self._snapshot_due = True

    def add_action(self, found: RegisteredAction) -> None:
        """Record an action: its objects, what is said of it, an event."""
        for record in self._objects.records(found.action):
            self._objects_log.append(record)
        self._actions[found.identifier] = {
            "action_id": found.identifier,
            "description": found.description,
            "class": found.kind,
        }
        self._events_log.append(
            {
                "timestamp": time.time(),
                "experiment_id": self.experiment_id,
                "run_id": self.run_id,
                "action_id": found.identifier,
                "description": found.description,
                "action_class": found.kind,
                "event_type": "ActionAddedEvent",
            }
        )
        self._snapshot_due = True

    def set_service(self, service: dict[str, Any], *, added: bool) -> None:
        """Record a service: that it was added, or has another state.

        Args:
            service: what its ``full_state_dict()`` gave.
            added: whether it was added just now.
        """
        self._services[service["service_id"]] = service
        event = {
            "timestamp": time.time(),
            "experiment_id": self.experiment_id,
            "run_id": self.run_id,
            "service_id": service["service_id"],
        }
        if added:
            event["description"] = service["description"]
            event["service_class"] = service["class"]
            event["state_dict"] = service["state_dict"]
            event["event_type"] = "ServiceAddedEvent"
        else:
            for name in ("state", "url", "error"):
                event[name] = service[name]
            event["event_type"] = "ServiceStateChangedEvent"
        self._events_log.append(event)
        self._snapshot_due = True

    def flush(self) -> None:
        """Write what was recorded since the last time."""
        self._jobs_log.flush()
        self._objects_log.flush()
        self._events_log.flush()
        if self._snapshot_due:
            now = time.monotonic()
            if now >= self._next_snapshot:
                self.write_status("running")
                # A snapshot costs as much as there are jobs: never more than 2 % of the time.
                self._next_snapshot = now + max(1.0, 50 * (time.monotonic() - now))

    def next_flush(self) -> float:
        """Seconds until the snapshot is to be written; infinite when it is up to date."""
        if not self._snapshot_due:
            return math.inf
        return max(0.0, self._next_snapshot - time.monotonic())

    def close(self, status: str) -> None:
        """Record the end of the run: ``done`` or ``failed``."""
        ended = time.time()
        self._events_log.append(
            {
                "timestamp": ended,
                "experiment_id": self.experiment_id,
                "run_id": self.run_id,
                "status": status,
                "ended_at": iso_time(ended),
                "event_type": "RunCompletedEvent",
            }
        )
        for log in (self._jobs_log, self._objects_log, self._events_log):
            log.close()
        self.write_status(status, ended)
        self._write_environment("completed" if status == "done" else status, ended)

    def write_status(self, status: str, ended: float | None = None) -> None:
        """Replace the snapshot."""
        self._snapshot_due = False
        write_json(
            self.path / "status.json",
            {
                "version": 1,
                "experiment_id": self.experiment_id,
                "run_id": self.run_id,
                "status": status,
                "hostname": hostname(),
                "started_at": iso_time(self._started),
                "ended_at": iso_time(ended),
                "job_states": self._states,
                "services": self._services,
                "actions": self._actions,
                "run_tags": [str(tag) for tag in self._run_tags],
                "last_updated": iso_time(time.time()),
            },
        )

    def _write_environment(self, status: str, ended: float | None) -> None:
        run = {
            "hostname": hostname(),
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

    def _event(self, job: Job, state: str, now: float) -> dict[str, Any]:
        reason = job.state.failure_reason
        return {
            "timestamp": now,
            "job_id": job.identifier,
            "task_id": job.task_id,
            "experiment_id": self.experiment_id,
            "run_id": self.run_id,
            "scheduler_state": state,
            "failure_reason": reason.name if reason else None,
            "event_type": "ExperimentJobStateEvent",
        }


def _state_text(state: JobState) -> str:
    reason = state.failure_reason
    if reason is None:
        return state.value
    # A job that never started because of another one is not itself in error.
    return "unscheduled" if reason is JobFailureStatus.DEPENDENCY else f"error:{reason.name}"


def _new_folder(experiment_path: Path) -> Path:
    base = time.strftime("%Y%m%d_%H%M%S")
    number = 0
    while True:
        path = experiment_path / (f"{base}.{number}" if number else base)
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1


def _point_current_to(run: Path) -> None:
    temporary = run.parent / f".current.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    temporary.symlink_to(run.name)
    os.replace(temporary, run.parent / "current")


def prune_history(experiment_path: Path, keep: HistorySettings, last_status: str) -> list[Path]:
    """Remove the runs beyond those to keep; a success removes the failed ones.

    Args:
        experiment_path: the experiment's folder, whose lock is held.
        keep: how many runs of each kind stay.
        last_status: how the run that has just ended did.

    Returns:
        The folders removed. Runs whose end is unknown stay.
    """
    by_status: dict[str, list[Path]] = {"done": [], "failed": []}
    for folder in sorted(experiment_path.iterdir(), reverse=True):
        if folder.is_symlink() or not folder.is_dir():
            continue
        try:
            status = (read_json_object(folder / "status.json") or {}).get("status")
        except CorruptFileError:
            continue
        if status in by_status:
            by_status[status].append(folder)
    surplus = by_status["done"][keep.max_done :]
    surplus += by_status["failed"][0 if last_status == "done" else keep.max_failed :]
    for folder in surplus:
        shutil.rmtree(folder)
    return surplus
