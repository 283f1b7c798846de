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
    """The values of a file of JSON lines.

    A last line that is not ended is left out: whoever writes the file may be at it.

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


class Numbers:
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
