"""The records of one file, checked before anything is made of them."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from xpm_serialize.exceptions import DefinitionFileError, DefinitionNotFoundError, UnsafePathError

# A file is not there, or cannot be.
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)

# (path in the record, whether it is a folder) → where it lies
DataLoader = Callable[[str, bool], Path]


class Source:
    """The records of one file or document.

    Args:
        name: what messages call it: the file's path.
        records: the records, as read.
        bases: name → folder that relative paths begin at.
        data: resolves the data files that were copied beside the definition.
        files: whether scripts that records name may be executed.
    """

    __slots__ = ("_bases", "_data", "by_id", "files", "last", "name")

    def __init__(
        self,
        name: str,
        records: Iterable[Any],
        *,
        bases: Mapping[str, Path | None] | None = None,
        data: DataLoader | None = None,
        files: bool = True,
    ) -> None:
        self.name = name
        self.files = files
        self.by_id: dict[int, dict[str, Any]] = {}
        self.last: int | None = None
        self._bases = bases or {}
        self._data = data
        for record in records:
            self.add(record)

    def add(self, record: Any) -> int:
        """Check a record's form, and add it; a later one of the same id takes its place.

        Returns:
            Its id.
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
    def _has_content(record: dict[str, Any]) -> bool:
        if "fields" in record:
            return type(record["fields"]) is dict
        return "job" in record

    def where(self, number: int) -> str:
        """What messages call a record."""
        record = self.by_id.get(number)
        if record is None:
            return f"{self.name}: object {number}"
        return f"{self.name}: object {number} ({record['module']}.{record['type']})"

    def path(self, number: int, value: Any, base: Any) -> Path:
        """A path that a record holds.

        Raises:
            DefinitionFileError: it is no path, or its base is not known.
            UnsafePathError: it leads out of its base.
        """
        check_path(value, self.where(number))
        if base is None:
            return Path(value)
        folder = self._bases.get(base) if isinstance(base, str) else None
        if folder is None:
            known = ", ".join(self._bases) or "none is known here"
            raise DefinitionFileError(
                f"{self.where(number)}: the path {value!r} is relative to {base!r}, "
                f"which is not known (known: {known})"
            )
        check_relative(value, self.where(number))
        found: Path = folder / value
        return found

    def data(self, number: int, value: Any, is_folder: Any) -> Path:
        """Where a data file copied beside the definition lies.

        Raises:
            UnsafePathError: the path leads out of the definition's folder.
        """
        check_path(value, self.where(number))
        if self._data is None:
            # The state of something in memory: its data files lie where they lay.
            return Path(value)
        check_relative(value, self.where(number))
        return self._data(value, is_folder is True)


def check_path(value: Any, where: str) -> None:
    """Refuse what no file can be named.

    Raises:
        DefinitionFileError: it is that.
    """
    try:
        if type(value) is str and b"\0" not in os.fsencode(value):
            return
    except UnicodeEncodeError:
        pass
    raise DefinitionFileError(f"{where}: expected a path, got {short(value)}")


def check_relative(value: str, where: str) -> None:
    """Refuse a path that is absolute or goes up.

    Raises:
        UnsafePathError: it does.
        DefinitionFileError: it is no path.
    """
    check_path(value, where)
    parts = value.replace("\\", "/").split("/")
    if value.startswith(("/", "\\")) or ".." in parts or ":" in parts[0][1:2]:
        raise UnsafePathError(f"{where}: the path {value!r} leads out of the folder")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        DefinitionNotFoundError: there is none.
        DefinitionFileError: it is not JSON, or nested beyond reason.
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


def parse_json(content: bytes, name: str) -> Any:
    """As :func:`read_json`, for what a file holds."""
    try:
        return json.loads(content)
    except RecursionError:
        raise DefinitionFileError(f"{name}: nested too deeply") from None
    except ValueError as error:
        raise DefinitionFileError(f"{name}: expected JSON: {error}") from None


def short(value: Any) -> str:
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} nested too deeply or too large"
    return text if len(text) <= 120 else f"{text[:117]}..."
