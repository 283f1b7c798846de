"""Events folded into states: the one place that says what an event means.

The driver folds what it writes, and a reader what it reads: a snapshot is what the fold of a
log was at some byte of it, so that a snapshot and the rest of the log say what the log says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from xpm_scheduler._graph.states import JobFailureStatus, JobState, JobStateError
from xpm_scheduler.exceptions import CorruptFileError

from .records import ExperimentStatus, JobRecord

if TYPE_CHECKING:
    from .interfaces import Home

_STATES: dict[str, JobState] = {
    state.value: state
    for state in (
        JobState.UNSCHEDULED,
        JobState.WAITING,
        JobState.READY,
        JobState.SCHEDULED,
        JobState.RUNNING,
        JobState.DONE,
        JobState.ERROR,
    )
}
#: How release 2.x calls two of them in events.
_STATES["submitted"] = JobState.UNSCHEDULED
_STATES["transient"] = JobState.UNSCHEDULED
_ERRORS = {reason: JobStateError(reason) for reason in JobFailureStatus}
_BEFORE = "done:before"

#: Events about what belongs to a run, with where it is kept, and the key that names it.
_SECTIONS = {
    "ServiceAddedEvent": ("services", "service_id"),
    "ServiceStateChangedEvent": ("services", "service_id"),
    "ActionAddedEvent": ("actions", "action_id"),
}


def parse_state(text: object, reason: object = None) -> JobState | None:
    """The state that files mean by a text such as ``"done"`` or ``"error:MEMORY"``.

    Args:
        text: the state, with or without the reason of an error.
        reason: the reason, when it is given apart.

    Returns:
        The state; ``None`` for a text that no release has written.
    """
    if not isinstance(text, str):
        return None
    state = _STATES.get(text)
    if state is not None and state is not JobState.ERROR:
        return state
    name, _, inline = text.partition(":")
    if name != "error":
        return _STATES.get(name)
    known = reason if isinstance(reason, str) else inline or None
    return _ERRORS[JobFailureStatus.parse(known)]


def state_text(state: JobState) -> str:
    """The text that :func:`parse_state` takes for a state, reason included."""
    reason = state.failure_reason
    return state.value if reason is None else f"error:{reason.name}"


class Fold:
    """States of all jobs of a run, and what is known of the run itself.

    Args:
        home: what the records ask for what they do not hold.

    Attributes:
        jobs: the records by job identifier, in the order of submission.
        sections: ``{"services": {id: …}, "actions": {id: …}}``, as ``status.json`` has them.
        run_tags: the tags of the run.
        status: how the run stands.
        ended: when it ended, in seconds since the epoch, or ``None``.
    """

    __slots__ = ("_home", "ended", "jobs", "run_tags", "sections", "status")

    def __init__(self, home: Home | None = None) -> None:
        self._home = home
        self.jobs: dict[str, JobRecord] = {}
        self.sections: dict[str, dict[str, Any]] = {"services": {}, "actions": {}}
        self.run_tags: list[str] = []
        self.status = ExperimentStatus.RUNNING
        self.ended: float | None = None

    def apply(self, event: dict[str, Any]) -> JobRecord | bool:
        """Take an event in.

        Args:
            event: what the log says; of a type or with keys that are not known, it is (or
                they are) passed over: later releases write more.

        Returns:
            The job that has changed, or whether something about the run has.
        """
        kind = event.get("event_type")
        if kind == "ExperimentJobStateEvent":
            return self._job(event)
        if kind == "RunCompletedEvent":
            self.status = ExperimentStatus.parse(event.get("status"))
            self.ended = _number(event.get("timestamp"))
            return True
        if kind == "RunTagsEvent" and isinstance(tags := event.get("run_tags"), list):
            self.run_tags = [str(tag) for tag in tags]
            return True
        if isinstance(kind, str) and kind in _SECTIONS:
            return self._belonging(*_SECTIONS[kind], event)
        return False

    def _belonging(self, section: str, key: str, event: dict[str, Any]) -> bool:
        """A service or an action was added, or has changed."""
        name = event.get(key)
        if not isinstance(name, str):
            return False
        values = self.sections[section]
        value = dict(values[name]) if name in values else {key: name}
        for given in ("description", "state_dict", "state", "url", "error"):
            if given in event:
                value[given] = event[given]
        described = event.get("service_class") or event.get("action_class")
        if described is not None:
            value["class"] = described
        values[name] = value
        return True

    def _job(self, event: dict[str, Any]) -> JobRecord | bool:
        job_id, task_id = event.get("job_id"), event.get("task_id")
        state = parse_state(event.get("scheduler_state"), event.get("failure_reason"))
        if state is None or not isinstance(job_id, str) or not isinstance(task_id, str):
            return False
        time = _number(event.get("timestamp"))
        record = self.jobs.get(job_id)
        if record is None:
            record = JobRecord(job_id, task_id, state, False, time, home=self._home)
            self.jobs[job_id] = record
        if state.notstarted():
            if record.started is not None or record.ended is not None:
                record.started = record.ended = None  # it is tried again
            if record.message or record.blame:
                record.message, record.blame = "", None
        elif state is JobState.RUNNING:
            record.started, record.ended = time, None
        elif state.finished():
            record.ended = time
            message, blame = event.get("message"), event.get("blame")
            record.message = message if isinstance(message, str) else ""
            record.blame = blame if isinstance(blame, str) else None
        record.found_done = state is JobState.DONE and event.get("found_done") is True
        retries = event.get("retry_count")
        if isinstance(retries, int):
            record.retry_count = retries
        record.state = state
        return record

    # ------------------------------------------------------------------------- snapshots

    def dump(self, log: str, offset: int) -> dict[str, Any]:
        """The states of the jobs, as a column an attribute: what is in a row is known by its
        place, and the decoder makes no object for it.

        Args:
            log: name of the file that was folded.
            offset: up to which byte of it.
        """
        records = list(self.jobs.values())
        tasks: dict[str, int] = {}
        states: dict[str, int] = {}
        return {
            "version": 1,
            "events": {"file": log, "offset": offset},
            "jobs": {
                "task": [tasks.setdefault(each.task_id, len(tasks)) for each in records],
                "state": [states.setdefault(_code(each), len(states)) for each in records],
                "submitted": [each.submitted for each in records],
                "started": [each.started for each in records],
                "ended": [each.ended for each in records],
                # Of few jobs there is something to say.
                "retries": {i: r.retry_count for i, r in enumerate(records) if r.retry_count},
                "message": {i: r.message for i, r in enumerate(records) if r.message},
                "blame": {i: r.blame for i, r in enumerate(records) if r.blame},
            },
            "task_ids": list(tasks),
            "states": list(states),
        }

    def load(self, ids: Iterable[str], snapshot: dict[str, Any]) -> tuple[str, int]:
        """Start from what :meth:`dump` gave.

        Args:
            ids: the identifiers of the jobs, in the same order.
            snapshot: what was dumped.

        Returns:
            The name of the file that was folded, and up to which byte.

        Raises:
            CorruptFileError: it says something else.
        """
        try:
            version = snapshot["version"]
            if version != 1:
                raise CorruptFileError(f"the snapshot has version {version!r}; expected 1")
            states = [(_parsed(text), text == _BEFORE) for text in snapshot["states"]]
            task_ids = snapshot["task_ids"]
            columns = snapshot["jobs"]
            ids = list(ids)
            pairs = [states[number] for number in columns["state"]]
            records = list(
                map(
                    JobRecord,
                    ids,
                    [task_ids[number] for number in columns["task"]],
                    [pair[0] for pair in pairs],
                    [pair[1] for pair in pairs],
                    columns["submitted"],
                    columns["started"],
                    columns["ended"],
                    repeat(self._home),
                )
            )
            if len(records) != len(ids):
                raise CorruptFileError(f"states of {len(records)} jobs; expected {len(ids)}")
            for name, attribute in _SPARSE:
                for index, value in columns[name].items():
                    setattr(records[int(index)], attribute, value)
            position = snapshot["events"]
            result = str(position["file"]), int(position["offset"])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise CorruptFileError(f"no snapshot: {type(error).__name__}: {error}") from None
        self.jobs = dict(zip(ids, records, strict=True))
        return result


_SPARSE = (("retries", "retry_count"), ("message", "message"), ("blame", "blame"))


def _code(record: JobRecord) -> str:
    return _BEFORE if record.found_done else state_text(record.state)


def _parsed(text: str) -> JobState:
    state = parse_state(text)
    if state is None:
        raise CorruptFileError(f"unknown state {text!r}")
    return state


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None


def decode_status(content: bytes) -> dict[str, Any]:
    """What ``status.json`` says.

    Raises:
        CorruptFileError: it is no JSON object.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"expected a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise CorruptFileError(f"expected a JSON object, got {type(value).__name__}")
    return value
