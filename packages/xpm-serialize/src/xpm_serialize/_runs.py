"""Load all that a run of an experiment has recorded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import attrs

from ._configurations import ConfigReader
from ._source import Source, parse_json, read_json
from .exceptions import DefinitionError, DefinitionNotFoundError

OBJECTS = "objects.jsonl"
JOBS = "jobs.jsonl"
STATUS = "status.json"


@attrs.frozen
class ExperimentInfo:
    """What a run of an experiment has recorded.

    Attributes:
        jobs: job's identifier → the task's configuration.
        actions: action's identifier → the action.
    """

    jobs: dict[str, Any]
    actions: dict[str, Any]


def load_xp_info(path: str | Path) -> ExperimentInfo:
    """Load the jobs and actions of a run, whether or not their folders are still there.

    Args:
        path: the run's folder (``experiments/<id>/<run>``, or the link ``current``).

    Raises:
        DefinitionNotFoundError: the folder holds no ``objects.jsonl``.
        DefinitionError: a file is not what it should be.
        ClassNotFoundError: a class is not to be had.
    """
    folder = Path(path)
    objects = folder / OBJECTS
    if not objects.is_file():
        raise DefinitionNotFoundError(f"{folder} holds no {OBJECTS}: it is not a run's folder")
    source = Source(str(objects), [])
    wanted = dict.fromkeys(_job_ids(folder / JOBS), "job")
    wanted.update(dict.fromkeys(_action_ids(folder / STATUS), "action"))
    found = _find(source, read_lines(objects), wanted)
    reader = ConfigReader(source, None)
    jobs: dict[str, Any] = {}
    actions: dict[str, Any] = {}
    for identifier, number in found.items():
        if wanted[identifier] == "job":
            jobs[identifier] = reader.task(number)
        else:
            actions[identifier] = reader.object(number)
    return ExperimentInfo(jobs=jobs, actions=actions)


def read_lines(path: Path) -> list[Any]:
    """The values of a file of JSON lines.

    A last line that is not ended is left out: whoever writes the file may be at it.

    Raises:
        DefinitionError: a line is not JSON; the message names it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    lines = content.split(b"\n")[:-1]
    return [
        parse_json(line, f"{os.fspath(path)}, line {index}")
        for index, line in enumerate(lines, 1)
        if line.strip()
    ]


def _find(source: Source, records: list[Any], wanted: dict[str, str]) -> dict[str, int]:
    """Add the records to the source, and find those of jobs and actions."""
    numbers = _Numbers(source)
    found: dict[str, int] = {}
    for record in records:
        number = numbers.add(record)
        identifier = record.get("identifier")
        if identifier in wanted:
            # The job itself is written after what it holds: the last one is it, should an
            # init task, say, have the same identifier.
            found[identifier] = number
    return found


class _Numbers:
    """Gives ids of their own to objects: release 2.x uses an id again once an object is gone."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._renamed: dict[int, int] = {}
        self._next = -1

    def add(self, record: Any) -> int:
        source = self._source
        if type(record) is not dict or type(record.get("id")) is not int:
            return source.add(record)
        number: int = record["id"]
        known = source.by_id.get(self._renamed.get(number, number))
        if known is not None:
            if _same(known, record):
                return int(known["id"])
            self._renamed[number] = self._next
            self._next -= 1
        if self._renamed:
            record = self._rename(record)
        return source.add(record)

    def _rename(self, value: Any) -> Any:
        renamed = self._renamed
        record = {**value, "id": renamed.get(value["id"], value["id"])}
        for name in ("task", "init-tasks"):
            given = record.get(name)
            if type(given) is int:
                record[name] = renamed.get(given, given)
            elif type(given) is list:
                record[name] = [
                    renamed.get(item, item) if type(item) is int else item for item in given
                ]
        try:
            record["fields"] = self._rename_references(record.get("fields"))
        except RecursionError:
            raise DefinitionError(f"{self._source.name}: nested too deeply") from None
        return record

    def _rename_references(self, value: Any) -> Any:
        if type(value) is list:
            return [self._rename_references(item) for item in value]
        if type(value) is not dict:
            return value
        if value.get("type") == "python" and type(value.get("value")) is int:
            return {"type": "python", "value": self._renamed.get(value["value"], value["value"])}
        return {key: self._rename_references(item) for key, item in value.items()}


def _same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    names = ("identifier", "module", "type")
    return all(first.get(name) == second.get(name) for name in names)


def _job_ids(path: Path) -> list[str]:
    lines = read_lines(path)
    for index, line in enumerate(lines, 1):
        if type(line) is not dict or type(line.get("job_id")) is not str:
            raise DefinitionError(f"{path}, line {index}: expected an object with a job_id")
    return [line["job_id"] for line in lines]


def _action_ids(path: Path) -> list[str]:
    try:
        status = read_json(path)
    except DefinitionNotFoundError:
        return []
    actions = status.get("actions", {}) if type(status) is dict else None
    if type(actions) is not dict:
        raise DefinitionError(f"{path}: expected a JSON object with actions by identifier")
    return list(actions)
