"""From the JSON form of values back to values (see `encoder`)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from enum import Flag
from typing import Any

from xpm_serialize.exceptions import DefinitionFileError

from .class_lookup import find_enum
from .json_types import Json, JsonObject
from .source import Source, short

PLAIN = frozenset({str, bool, type(None), int, float})


def references(value: Json, found: list[Json]) -> None:
    """Collect what a JSON form refers to, in order: ids, which are not checked."""
    if type(value) is list:
        for item in value:
            if type(item) not in PLAIN:
                if type(item) is dict and item.get("type") == "python":
                    found.append(item.get("value"))
                else:
                    references(item, found)
    elif type(value) is dict:
        kind = value.get("type")
        if kind == "python":
            found.append(value.get("value"))
        elif kind is None:
            for item in value.values():
                if type(item) not in PLAIN:
                    references(item, found)
        else:
            items = value.get("items")
            if type(items) is list:
                references(items, found)


def set_references(value: Json) -> list[Json]:
    """Return the ids, not checked, that sets in a JSON form refer to."""
    found: list[Json] = []
    todo = [value]
    while todo:
        value = todo.pop()
        if type(value) is list:
            todo += [item for item in value if type(item) not in PLAIN]
        elif type(value) is dict:
            kind = value.get("type")
            if kind == "python":
                continue
            if kind in ("set", "frozenset"):
                references(value, found)
            else:
                todo += [item for item in value.values() if type(item) not in PLAIN]
    return found


class Decoder:
    """Makes values of the JSON forms in one file.

    Args:
        source: the file.
        deref: returns the object of an id.

    Attributes:
        number: the id of the object that is being read.
        source: as given.
    """

    __slots__ = ("_deref", "number", "source")

    def __init__(self, source: Source, deref: Callable[[Json], object]) -> None:
        self.source = source
        self._deref = deref
        self.number = 0

    def decode(self, value: Json) -> object:
        """Return the value of a JSON form.

        Raises:
            DefinitionFileError: it is not a JSON form.
        """
        if type(value) in PLAIN:
            return value
        if type(value) is list:
            return self._list(value)
        name: Json = None
        if type(value) is dict:
            name = value.get("type")
            if name == "python":
                return self._deref(value["value"])
            if name is None:
                decode = self.decode
                return {
                    key: item if type(item) in PLAIN else decode(item)
                    for key, item in value.items()
                }
            decoder = _DECODERS.get(name) if type(name) is str else None
            if decoder is not None:
                return decoder(self, value)
        known = ", ".join(sorted(_DECODERS))
        raise self.error(f"the type {short(name)} is not known (known: {known})")

    def decode_items(self, values: JsonObject) -> dict[str, object]:
        """Return the values of several forms."""
        return {name: self.decode(value) for name, value in values.items()}

    def error(self, message: str) -> DefinitionFileError:
        """Return an error in the object that is being read."""
        return DefinitionFileError(f"{self.source.where(self.number)}: {message}")

    def _list(self, value: list[Json]) -> list[object]:
        if not value:
            return []
        decode = self.decode
        return [item if type(item) in PLAIN else decode(item) for item in value]

    def _items(self, value: JsonObject) -> list[object]:
        items = value.get("items")
        if type(items) is not list:
            raise self.error(f"expected items, got {short(value)}")
        return self._list(items)

    def _python(self, value: JsonObject) -> object:
        return self._deref(value["value"])

    def _path(self, value: JsonObject) -> object:
        return self.source.path(self.number, value.get("value"), value.get("base"))

    def _data(self, value: JsonObject) -> object:
        return self.source.data(self.number, value.get("value"), value.get("is_folder"))

    def _tuple(self, value: JsonObject) -> object:
        return tuple(self._items(value))

    def _set(self, value: JsonObject) -> set[object]:
        try:
            return self._as_set(self._items(value))
        except TypeError as error:
            raise self.error(f"a set holds what cannot be in one: {error}") from None

    def _as_set(self, items: list[object]) -> set[object]:
        return set(items)

    def _frozenset(self, value: JsonObject) -> object:
        return frozenset(self._set(value))

    def _dict(self, value: JsonObject) -> object:
        pairs: Any = self._items(value)
        try:
            return dict(pairs)
        except (TypeError, ValueError) as error:
            raise self.error(f"expected pairs of keys and values: {error}") from None

    def _int(self, value: JsonObject) -> object:
        return self._parse(value, lambda text: int(text, 16), "a hexadecimal number")

    def _float(self, value: JsonObject) -> object:
        return self._parse(value, float, "a number")

    def _bytes(self, value: JsonObject) -> object:
        return self._parse(value, lambda text: base64.b64decode(text, validate=True), "base64")

    def _parse(self, value: JsonObject, parse: Callable[[str], object], expected: str) -> object:
        text = value.get("value")
        try:
            if type(text) is str:
                return parse(text)
        except ValueError:
            pass
        raise self.error(f"expected {expected}, got {short(text)}")

    def _enum(self, value: JsonObject) -> object:
        module, name, member = value.get("module"), value.get("enum"), value.get("value")
        if type(module) is not str or type(name) is not str or type(member) is not str:
            raise self.error(f"expected an enumeration's member, got {short(value)}")
        kind = find_enum(module, name, self._enum_file(value), self.source.where(self.number))
        members = kind.__members__
        if member in members:
            return members[member]
        parts = member.split("|") if member else []
        if not issubclass(kind, Flag) or not all(part in members for part in parts):
            names = ", ".join(members)
            raise self.error(f"{module}.{name} has no member {member!r} (it has: {names})")
        result = kind(0)
        for part in parts:
            result |= kind[part]
        return result

    def _enum_file(self, value: JsonObject) -> str | None:
        """Return the file that defines the enumeration of a value, if it may be executed."""
        source = self.source
        if not source.files:
            return None
        file = value.get("file")
        if type(file) is not str and self.number in source.by_id:
            # 2.x writes no file: it is the one of the object that holds the value.
            file = source.by_id[self.number].get("file")
        return file if type(file) is str else None


_DECODERS: dict[str, Callable[[Decoder, JsonObject], object]] = {
    "python": Decoder._python,
    "path": Decoder._path,
    "path.serialized": Decoder._data,
    "enum": Decoder._enum,
    "set": Decoder._set,
    "frozenset": Decoder._frozenset,
    "tuple": Decoder._tuple,
    "dict": Decoder._dict,
    "int": Decoder._int,
    "float": Decoder._float,
    "bytes": Decoder._bytes,
}
