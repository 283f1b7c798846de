"""Snapshots: the states of the jobs of a run, as `status.json` keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from xpm_scheduler._events.state_names import parse_state, state_text
from xpm_scheduler._graph.states import JobState
from xpm_scheduler.exceptions import CorruptFileError

from .records import JobRecord

if TYPE_CHECKING:
    from .interfaces import RecordSource

#: The state of a job that was done before the run.
_DONE_BEFORE = "done:before"

#: Columns that have an entry for few jobs only, with the attributes of records.
_SPARSE = (("retries", "retry_count"), ("message", "message"), ("blame", "blame"))


class Snapshot(NamedTuple):
    """The jobs of a run at some place of its log.

    Attributes:
        jobs: the records by job identifier, in the order of submission.
        file: the name of the file of events up to which they were folded.
        offset: the place in that file, in bytes.
    """

    jobs: dict[str, JobRecord]
    file: str
    offset: int


def dump_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    """Return the states of the jobs as plain data, a column an attribute.

    What is in a row is known by its place, and the decoder makes no object for it.
    """
    records = list(snapshot.jobs.values())
    tasks: dict[str, int] = {}
    states: dict[str, int] = {}
    return {
        "version": 1,
        "events": {"file": snapshot.file, "offset": snapshot.offset},
        "jobs": {
            "task": [tasks.setdefault(each.task_id, len(tasks)) for each in records],
            "state": [states.setdefault(_code(each), len(states)) for each in records],
            "submitted": [each.submitted for each in records],
            "started": [each.started for each in records],
            "ended": [each.ended for each in records],
            # Few jobs have an entry here.
            "retries": {i: r.retry_count for i, r in enumerate(records) if r.retry_count},
            "message": {i: r.message for i, r in enumerate(records) if r.message},
            "blame": {i: r.blame for i, r in enumerate(records) if r.blame},
        },
        "task_ids": list(tasks),
        "states": list(states),
    }


def load_snapshot(
    ids: Iterable[str], data: Mapping[str, Any], source: RecordSource | None
) -> Snapshot:
    """Return the jobs that `dump_snapshot` has written.

    Args:
        ids: the identifiers of the jobs, in the same order.
        data: what was dumped.
        source: where the records come from.

    Raises:
        CorruptFileError: the data cannot be understood.
    """
    try:
        version = data["version"]
        if version != 1:
            raise CorruptFileError(f"the snapshot has version {version!r}; expected 1")
        states = [(_parsed(text), text == _DONE_BEFORE) for text in data["states"]]
        task_ids = data["task_ids"]
        columns = data["jobs"]
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
                repeat(source),
            )
        )
        if len(records) != len(ids):
            raise CorruptFileError(f"states of {len(records)} jobs; expected {len(ids)}")
        for name, attribute in _SPARSE:
            for index, value in columns[name].items():
                setattr(records[int(index)], attribute, value)
        position = data["events"]
        file, offset = str(position["file"]), int(position["offset"])
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise CorruptFileError(f"no snapshot: {type(error).__name__}: {error}") from None
    return Snapshot(dict(zip(ids, records, strict=True)), file, offset)


def _code(record: JobRecord) -> str:
    return _DONE_BEFORE if record.found_done else state_text(record.state)


def _parsed(text: str) -> JobState:
    state = parse_state(text)
    if state is None:
        raise CorruptFileError(f"unknown state {text!r}")
    return state


def decode_status(content: bytes) -> dict[str, Any]:
    """Return the content of `status.json`.

    Raises:
        CorruptFileError: it is not a JSON object.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"expected a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise CorruptFileError(f"expected a JSON object, got {type(value).__name__}")
    return value
