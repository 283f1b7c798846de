"""Places in a job's `params.json`, by which the files of other jobs refer to its objects."""

from __future__ import annotations

from typing import Any

from xpm_serialize._format.json_types import Json
from xpm_serialize._format.source import Source
from xpm_serialize.exceptions import DefinitionFileError


def locate(source: Source, steps: list[Json], where: str) -> int:
    """Return the id of the object found from the last one.

    Args:
        source: the records of the job.
        steps: arguments, positions and keys that lead from the last record to it.
        where: the object that refers to it, for messages.

    Raises:
        DefinitionFileError: there is no object.
    """
    if source.last is None:
        raise DefinitionFileError(f"{source.name}: there is no object")
    value: Json = {"type": "python", "value": source.last}
    for step in steps:
        try:
            value = _step(source, value, step)
        except (KeyError, IndexError, TypeError):
            raise DefinitionFileError(
                f"{where}: there is nothing at {steps} in {source.name}"
            ) from None
    if type(value) is not dict or value.get("type") != "python":
        raise DefinitionFileError(f"{where}: there is no object at {steps} in {source.name}")
    return source.check(value["value"])


def _step(source: Source, value: Any, step: Any) -> Json:
    """Return the JSON form at an argument, a position or a key of a value."""
    found: Json
    if type(value) is dict and value.get("type") == "python":
        found = source.by_id[value["value"]]["fields"][step]
    elif type(value) is dict and "items" in value:
        found = value["items"][step]
    else:
        found = value[step]
    return found
