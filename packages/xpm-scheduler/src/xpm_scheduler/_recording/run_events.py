"""The events in the log of a run, as its driver writes them."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from xpm_scheduler._actions.checker import RegisteredAction
from xpm_scheduler._events import kinds
from xpm_scheduler._events.kinds import Event
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._tasks.job import Job
from xpm_scheduler._workspace.json_files import iso_time
from xpm_scheduler.exceptions import CorruptFileError

#: How much of a failure's message goes to the log of the run, in characters.
_LONGEST_MESSAGE = 300


class RunEvents:
    """Makes the events of one run.

    Args:
        experiment_id: the experiment.
        run_id: the run.
    """

    def __init__(self, experiment_id: str, run_id: str) -> None:
        self._experiment_id = experiment_id
        self._run_id = run_id

    def job_submitted(self, job: Job, origins: list[str], now: float) -> Event:
        """Return the first event of a job.

        Args:
            job: the job.
            origins: identifiers of the jobs that it requires.
            now: when it was submitted, in seconds since the epoch.
        """
        event = self._job_event(job, kinds.SUBMITTED, now)
        event[kinds.TAGS] = [{"key": key, "value": value} for key, value in job.tags.items()]
        event[kinds.DEPENDS_ON] = origins
        event[kinds.SUBMITTED_TIME] = iso_time(now)
        return event

    def job_changed(self, job: Job, new: JobState) -> Event:
        """Return the event of a job that has changed its state."""
        event = self._job_event(job, new.value, round(time.time(), 6))
        if new.failure_reason is not None:
            event[kinds.FAILURE_REASON] = new.failure_reason.name
        if new == JobState.DONE:
            if job.found_done:
                event[kinds.FOUND_DONE] = True
        elif new == JobState.ERROR:
            if job.cause is not None:
                event[kinds.CAUSE] = job.cause.locator
            elif job.message:
                event[kinds.MESSAGE] = _shortened(job.message)
        if job.resumable and (new == JobState.READY or new.finished()):
            # A damaged file is reported where it matters: this is for those who watch.
            with contextlib.suppress(CorruptFileError, OSError):
                event[kinds.RETRY_COUNT] = job.retry_count
        return event

    def _job_event(self, job: Job, state: str, now: float) -> Event:
        return {
            kinds.TIMESTAMP: now,
            kinds.JOB_ID: job.identifier,
            kinds.TASK_ID: job.task_id,
            kinds.EXPERIMENT_ID: self._experiment_id,
            kinds.RUN_ID: self._run_id,
            kinds.SCHEDULER_STATE: state,
            kinds.FAILURE_REASON: None,
            kinds.KIND: kinds.RUN_JOB_STATE,
        }

    def action_added(self, action: RegisteredAction) -> Event:
        """Return the event of an action that was added."""
        return {
            **self._run_event(time.time()),
            kinds.ACTION_ID: action.identifier,
            kinds.DESCRIPTION: action.description,
            kinds.ACTION_CLASS: action.kind,
            kinds.KIND: kinds.ACTION_ADDED,
        }

    def service_changed(self, service: dict[str, Any], *, added: bool) -> Event:
        """Return the event of a service that was added, or has another state."""
        event = self._run_event(time.time())
        event[kinds.SERVICE_ID] = service["service_id"]
        if added:
            event[kinds.DESCRIPTION] = service["description"]
            event[kinds.SERVICE_CLASS] = service["class"]
            event[kinds.STATE_DICT] = service["state_dict"]
            event[kinds.KIND] = kinds.SERVICE_ADDED
        else:
            for name in (kinds.STATE, kinds.URL, kinds.ERROR):
                event[name] = service[name]
            event[kinds.KIND] = kinds.SERVICE_STATE
        return event

    def tags_changed(self, tags: list[str]) -> Event:
        """Return the event of other tags of the run."""
        return {
            **self._run_event(time.time()),
            kinds.RUN_TAG_LIST: tags,
            kinds.KIND: kinds.RUN_TAGS,
        }

    def completed(self, status: str, ended: float) -> Event:
        """Return the event of the end of the run: `done` or `failed`."""
        return {
            **self._run_event(ended),
            kinds.STATUS: status,
            kinds.ENDED_AT: iso_time(ended),
            kinds.KIND: kinds.RUN_COMPLETED,
        }

    def _run_event(self, now: float) -> Event:
        return {
            kinds.TIMESTAMP: now,
            kinds.EXPERIMENT_ID: self._experiment_id,
            kinds.RUN_ID: self._run_id,
        }


def _shortened(message: str) -> str:
    """Return the part of a message for those who watch many jobs; the folder has all of it."""
    return message if len(message) <= _LONGEST_MESSAGE else message[:_LONGEST_MESSAGE] + "…"
