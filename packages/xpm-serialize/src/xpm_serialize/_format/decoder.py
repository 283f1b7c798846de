"""From the JSON form of values back to values (see ``_encode``)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from enum import Flag
from typing import Any

from xpm_serialize.exceptions import DefinitionFileError

from .class_lookup import find_enum
from .source import Source, short

PLAIN = frozenset({str, bool, type(None), int, float})


def references(value: Any, found: list[int]) -> None:
    """Collect the ids that a JSON form refers to, in order."""
    if type(value) is list:
        for item in value:
            if type(item) not in PLAIN:
                if type(item) is dict and item.get("type") == "python":
                    found.append(item.get("value"))  # type: ignore[arg-type] # checked later
                else:
                    references(item, found)
    elif type(value) is dict:
        kind = value.get("type")
        if kind == "python":
            found.append(value.get("value"))  # type: ignore[arg-type] # checked later
        elif kind is None:
            for item in value.values():
                if type(item) not in PLAIN:
                    references(item, found)
        else:
            items = value.get("items")
            if type(items) is list:
                references(items, found)


def set_references(value: Any) -> list[int]:
    """The ids that sets in a JSON form refer to."""
    found: list[int] = []
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
        deref: gives the object of an id.
    """

    __slots__ = ("_deref", "number", "source")

    def __init__(self, source: Source, deref: Callable[[int], Any]) -> None:
        self.source = source
        self._deref = deref
        self.number = 0

    def decode(self, value: Any) -> Any:
        """The value of a JSON form.

        Raises:
            DefinitionFileError: it is not one.
        """
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is list:
            return self._list(value)
        name = value.get("type") if kind is dict else None
        if name == "python":
            return self._deref(value["value"])
        if name is None and kind is dict:
            decode = self.decode
            return {
                key: item if type(item) in PLAIN else decode(item) for key, item in value.items()
            }
        decoder = _DECODERS.get(name) if type(name) is str else None
        if decoder is None:
            known = ", ".join(sorted(_DECODERS))
            raise self.error(f"the type {short(name)} is not known (known: {known})")
        return decoder(self, value)

    def decode_items(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values of several forms."""
        return {name: self.decode(value) for name, value in values.items()}

    def error(self, message: str) -> DefinitionFileError:
        """An error in the object that is being read."""
        return DefinitionFileError(f"{self.source.where(self.number)}: {message}")

    def _list(self, value: list[Any]) -> list[Any]:
        if not value:
            return []
        decode = self.decode
        return [item if type(item) in PLAIN else decode(item) for item in value]

    def _items(self, value: dict[str, Any]) -> list[Any]:
        items = value.get("items")
        if type(items) is not list:
            raise self.error(f"expected items, got {short(value)}")
        return self._list(items)

    def _python(self, value: dict[str, Any]) -> Any:
        return self._deref(value["value"])

    def _path(self, value: dict[str, Any]) -> Any:
        return self.source.path(self.number, value.get("value"), value.get("base"))

    def _data(self, value: dict[str, Any]) -> Any:
        return self.source.data(self.number, value.get("value"), value.get("is_folder"))

    def _tuple(self, value: dict[str, Any]) -> Any:
        return tuple(self._items(value))

    def _set(self, value: dict[str, Any]) -> Any:
        try:
            return self._as_set(self._items(value))
        except TypeError as error:
            raise self.error(f"a set holds what cannot be in one: {error}") from None

    def _as_set(self, items: list[Any]) -> set[Any]:
        return set(items)

    def _frozenset(self, value: dict[str, Any]) -> Any:
        return frozenset(self._set(value))

    def _dict(self, value: dict[str, Any]) -> Any:
        try:
            return dict(self._items(value))
        except (TypeError, ValueError) as error:
            raise self.error(f"expected pairs of keys and values: {error}") from None

    def _int(self, value: dict[str, Any]) -> Any:
        return self._parse(value, lambda text: int(text, 16), "a hexadecimal number")

    def _float(self, value: dict[str, Any]) -> Any:
        return self._parse(value, float, "a number")

    def _bytes(self, value: dict[str, Any]) -> Any:
        return self._parse(value, lambda text: base64.b64decode(text, validate=True), "base64")

    def _parse(self, value: dict[str, Any], parse: Callable[[str], Any], what: str) -> Any:
        text = value.get("value")
        try:
            if type(text) is str:
                return parse(text)
        except ValueError:
            pass
        raise self.error(f"expected {what}, got {short(text)}")

    def _enum(self, value: dict[str, Any]) -> Any:
        module, name, member = value.get("module"), value.get("enum"), value.get("value")
        file = value.get("file")
        if type(module) is not str or type(name) is not str or type(member) is not str:
            raise self.error(f"expected an enumeration's member, got {short(value)}")
        source = self.source
        if not source.files:
            file = None
        elif type(file) is not str:
            # 2.x gives no file: it is the one of the object that holds the value.
            file = source.by_id.get(self.number, {}).get("file")
        kind = find_enum(module, name, file, source.where(self.number))
        members = kind.__members__
        if member in members:
            return members[member]
        parts = member.split("|") if member else []
        if not issubclass(kind, Flag) or not all(part in members for part in parts):
            names = ", ".join(members)
            raise self.error(f"{module}.{name} has no member {member!r} (it has: {names})")
        result: Any = kind(0)
        for part in parts:
            result |= members[part]
        return result


_DECODERS: dict[str, Callable[[Decoder, dict[str, Any]], Any]] = {
    "python": Decoder._python,
    "path": Decoder._path,
    "path.serialized": Decoder._data,
    "enum": Decoder._enum,
    "set": lambda decoder, value: decoder._set(value),
    "frozenset": lambda decoder, value: decoder._frozenset(value),
    "tuple": Decoder._tuple,
    "dict": Decoder._dict,
    "int": Decoder._int,
    "float": Decoder._float,
    "bytes": Decoder._bytes,
}
