"""The records of one file, checked before anything is made of them."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from xpm_serialize.exceptions import (
    DefinitionFileError,
    DefinitionNotFoundError,
    UnsafePathError,
)

from .json_types import Json, Record

# A file does not exist, or cannot.
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)

# (path in the record, whether it is a folder) → where it is
DataLoader = Callable[[str, bool], Path]


class Source:
    """The records of one file or document.

    Args:
        name: the name for messages: the file's path.
        records: the records, as read.
        bases: name → folder that relative paths begin at.
        data: finds the data files that were copied beside the definition.
        files: whether scripts that records name may be executed.

    Attributes:
        by_id: the records by their ids, in the order in which they were added.
        files: as given.
        last: the id of the record that was added last.
        name: as given.
    """

    __slots__ = ("_bases", "_data", "by_id", "files", "last", "name")

    def __init__(
        self,
        name: str,
        records: Iterable[object],
        *,
        bases: Mapping[str, Path | None] | None = None,
        data: DataLoader | None = None,
        files: bool = True,
    ) -> None:
        self.name = name
        self.files = files
        self.by_id: dict[int, Record] = {}
        self.last: int | None = None
        self._bases = bases or {}
        self._data = data
        for record in records:
            self.add(record)

    def add(self, record: Any) -> int:
        """Check a record's form, and add it; it replaces an earlier one of the same id.

        Returns:
            Its id.

        Raises:
            DefinitionFileError: it is of another form.
        """
        try:
            number = record["id"]
            names = type(record["module"]), type(record["type"])
            if type(number) is int and names == (str, str) and self._has_content(record):
                self.by_id[number] = record
                self.last = number
                return number
        except (KeyError, TypeError, AttributeError):
            pass
        raise DefinitionFileError(
            f"{self.name}: expected an object with id, module, type and fields, got {short(record)}"
        )

    @staticmethod
    def _has_content(record: Record) -> bool:
        if "fields" in record:
            return type(record["fields"]) is dict
        return "job" in record

    def check(self, number: Json, holder: int | None = None) -> int:
        """Return a reference, which is the id of a record.

        Args:
            number: the reference.
            holder: the record that holds it, if one does, for messages.

        Raises:
            DefinitionFileError: there is no such record.
        """
        if type(number) is int and number in self.by_id:
            return number
        where = self.name if holder is None else self.where(holder)
        raise DefinitionFileError(f"{where}: refers to object {number!r}, which is not there")

    def check_all(self, numbers: list[Json], holder: int | None) -> list[int]:
        """Return several references (see `check`)."""
        return [self.check(number, holder) for number in numbers]

    def init_ids(self, number: int) -> list[int]:
        """Return the ids of the init tasks of a record's object.

        Raises:
            DefinitionFileError: they are not a list of ids.
        """
        ids = self.by_id[number].get("init-tasks", [])
        if type(ids) is not list:
            raise DefinitionFileError(f"{self.where(number)}: expected a list of init tasks")
        return self.check_all(ids, number)

    def where(self, number: int) -> str:
        """Return the name of a record for messages."""
        record = self.by_id.get(number)
        if record is None:
            return f"{self.name}: object {number}"
        return f"{self.name}: object {number} ({record['module']}.{record['type']})"

    def path(self, number: int, value: Json, base: Json) -> Path:
        """Return a path that a record holds.

        Raises:
            DefinitionFileError: it is not a path, or its base is not known.
            UnsafePathError: it leads out of its base.
        """
        path = check_path(value, self.where(number))
        if base is None:
            return Path(path)
        folder = self._bases.get(base) if isinstance(base, str) else None
        if folder is None:
            known = ", ".join(self._bases) or "none is known here"
            raise DefinitionFileError(
                f"{self.where(number)}: the path {value!r} is relative to {base!r}, "
                f"which is not known (known: {known})"
            )
        return folder / check_relative(path, self.where(number))

    def data(self, number: int, value: Json, is_folder: Json) -> Path:
        """Return the place of a data file that was copied beside the definition.

        Raises:
            UnsafePathError: the path leads out of the definition's folder.
        """
        path = check_path(value, self.where(number))
        if self._data is None:
            # The state of something in memory: its data files are where they were.
            return Path(path)
        return self._data(check_relative(path, self.where(number)), is_folder is True)


def check_path(value: Json, where: str) -> str:
    """Return a path; refuse what cannot be the name of a file.

    Raises:
        DefinitionFileError: it cannot.
    """
    try:
        if type(value) is str and b"\0" not in os.fsencode(value):
            return value
    except UnicodeEncodeError:
        pass
    raise DefinitionFileError(f"{where}: expected a path, got {short(value)}")


def check_relative(value: Json, where: str) -> str:
    """Return a path; refuse one that is absolute or goes up.

    Raises:
        UnsafePathError: it does.
        DefinitionFileError: it is not a path.
    """
    path = check_path(value, where)
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0][1:2]:
        raise UnsafePathError(f"{where}: the path {value!r} leads out of the folder")
    return path


def read_json(path: str | Path) -> Json:
    """Read a JSON file.

    Raises:
        DefinitionNotFoundError: the file does not exist.
        DefinitionFileError: it is not JSON, or nested too deeply.
        OSError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        if error.errno not in _ABSENT:
            raise
        raise DefinitionNotFoundError(f"there is no definition {os.fspath(path)}") from None
    return parse_json(content, os.fspath(path))


def parse_json(content: bytes, name: str) -> Json:
    """Parse the content of a JSON file (see `read_json`)."""
    try:
        value: Json = json.loads(content)
    except RecursionError:
        raise DefinitionFileError(f"{name}: nested too deeply") from None
    except ValueError as error:
        raise DefinitionFileError(f"{name}: expected JSON: {error}") from None
    return value


def short(value: object) -> str:
    """Return a short representation of a value, for messages."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} nested too deeply or too large"
    return text if len(text) <= 120 else f"{text[:117]}..."
