"""Events folded into states: the one place that gives events a meaning.

The driver folds what it writes, and a reader what it reads: a snapshot is what the fold of a
log was at some byte of it, so that a snapshot and the rest of the log amount to the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_scheduler._events.kinds import (
    ACTION_ADDED,
    ACTION_CLASS,
    ACTION_ID,
    CAUSE,
    DETAILS,
    FAILURE_REASON,
    FOUND_DONE,
    JOB_ID,
    KIND,
    MESSAGE,
    RETRY_COUNT,
    RUN_COMPLETED,
    RUN_JOB_STATE,
    RUN_TAG_LIST,
    RUN_TAGS,
    SCHEDULER_STATE,
    SERVICE_ADDED,
    SERVICE_CLASS,
    SERVICE_ID,
    SERVICE_STATE,
    STATUS,
    TASK_ID,
    TIMESTAMP,
    Event,
)
from xpm_scheduler._events.state_names import parse_state
from xpm_scheduler._graph.states import JobState

from .records import ExperimentStatus, JobRecord

if TYPE_CHECKING:
    from .interfaces import RecordSource

#: Events about the services and actions of a run: where they are kept, and the key of their names.
_SECTIONS = {
    SERVICE_ADDED: ("services", SERVICE_ID),
    SERVICE_STATE: ("services", SERVICE_ID),
    ACTION_ADDED: ("actions", ACTION_ID),
}


class Fold:
    """States of all jobs of a run, and what is known of the run itself.

    Args:
        source: where the records come from.

    Attributes:
        jobs: the records by job identifier, in the order of submission.
        sections: `{"services": {id: …}, "actions": {id: …}}`, as `status.json` has them.
        run_tags: the tags of the run.
        status: how the run stands.
        ended: when it ended, in seconds since the epoch, or `None`.
    """

    __slots__ = ("_source", "ended", "jobs", "run_tags", "sections", "status")

    def __init__(self, source: RecordSource | None = None) -> None:
        self._source = source
        self.jobs: dict[str, JobRecord] = {}
        self.sections: dict[str, dict[str, Any]] = {"services": {}, "actions": {}}
        self.run_tags: list[str] = []
        self.status = ExperimentStatus.RUNNING
        self.ended: float | None = None

    def apply(self, event: Event) -> JobRecord | bool:
        """Take an event in.

        Args:
            event: a line of the log. A kind that is not known is passed over, as are keys that
                are not: later releases write more.

        Returns:
            The job that has changed, or whether something about the run has.
        """
        kind = event.get(KIND)
        if kind == RUN_JOB_STATE:
            return self._job(event)
        if kind == RUN_COMPLETED:
            self.status = ExperimentStatus.parse(event.get(STATUS))
            self.ended = _number(event.get(TIMESTAMP))
            return True
        if kind == RUN_TAGS and isinstance(tags := event.get(RUN_TAG_LIST), list):
            self.run_tags = [str(tag) for tag in tags]
            return True
        if isinstance(kind, str) and kind in _SECTIONS:
            return self._service_or_action(*_SECTIONS[kind], event)
        return False

    def _service_or_action(self, section: str, key: str, event: Event) -> bool:
        """Take in that a service or an action was added, or has changed."""
        name = event.get(key)
        if not isinstance(name, str):
            return False
        values = self.sections[section]
        value = dict(values[name]) if name in values else {key: name}
        for detail in DETAILS:
            if detail in event:
                value[detail] = event[detail]
        kind = event.get(SERVICE_CLASS) or event.get(ACTION_CLASS)
        if kind is not None:
            value["class"] = kind
        values[name] = value
        return True

    def _job(self, event: Event) -> JobRecord | bool:
        job_id, task_id = event.get(JOB_ID), event.get(TASK_ID)
        state = parse_state(event.get(SCHEDULER_STATE), event.get(FAILURE_REASON))
        if state is None or not isinstance(job_id, str) or not isinstance(task_id, str):
            return False
        time = _number(event.get(TIMESTAMP))
        record = self.jobs.get(job_id)
        if record is None:
            record = JobRecord(job_id, task_id, state, False, time, source=self._source)
            self.jobs[job_id] = record
        if state.notstarted():
            _forget_end(record)
        elif state is JobState.RUNNING:
            record.started, record.ended = time, None
        elif state.finished():
            record.ended = time
            message, cause = event.get(MESSAGE), event.get(CAUSE)
            record.message = message if isinstance(message, str) else ""
            record.blame = cause if isinstance(cause, str) else None
        record.found_done = state is JobState.DONE and event.get(FOUND_DONE) is True
        retries = event.get(RETRY_COUNT)
        if isinstance(retries, int):
            record.retry_count = retries
        record.state = state
        return record


def _forget_end(record: JobRecord) -> None:
    """Forget how a job ended before, which is tried again."""
    if record.started is not None or record.ended is not None:
        record.started = record.ended = None
    if record.message or record.blame:
        record.message, record.blame = "", None


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None
