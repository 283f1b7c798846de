"""Files of JSON lines, and the records in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpm_os.jsonl import whole_lines
from xpm_serialize.exceptions import DefinitionFileError

from .source import Source, parse_json


def read_lines(path: Path) -> list[Any]:
    """Return the values of a file of JSON lines.

    A last line without an end is left out: it may be just being written.

    Raises:
        DefinitionFileError: a line is not JSON; the message names it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    lines, _ = whole_lines(content)
    return [
        parse_json(line, f"{os.fspath(path)}, line {index}")
        for index, line in enumerate(lines, 1)
        if line.strip()
    ]


class UniqueIds:
    """Adds records under unique ids: release 2.x used the id of an object again once it was gone.

    Args:
        source: the records, which are added to.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._renamed: dict[int, int] = {}
        self._next = -1

    def add(self, record: Any) -> int:
        """Add a record, unless it was added before; return its id (see `Source.add`)."""
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
            ids = record.get(name)
            if type(ids) is int:
                record[name] = renamed.get(ids, ids)
            elif type(ids) is list:
                record[name] = [
                    renamed.get(item, item) if type(item) is int else item for item in ids
                ]
        try:
            record["fields"] = self._rename_references(record.get("fields"))
        except RecursionError:
            raise DefinitionFileError(f"{self._source.name}: nested too deeply") from None
        return record

    def _rename_references(self, value: Any) -> Any:
        if type(value) is list:
            return [self._rename_references(item) for item in value]
        if type(value) is not dict:
            return value
        if value.get("type") == "python" and type(value.get("value")) is int:
            return {"type": "python", "value": self._renamed.get(value["value"], value["value"])}
        return {key: self._rename_references(item) for key, item in value.items()}


def _same(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    names = ("identifier", "module", "type")
    return all(first.get(name) == second.get(name) for name in names)
