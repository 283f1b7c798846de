"""The JSON form of values.

Plain JSON is written as it is; the rest as an object whose `type` says what it is:

- `python`: a configuration: `value` is the id of its record
- `path`: `value`, relative to `base` if there is one
- `enum`: `module`, `enum` (qualified name), `value` (the member's name)
- `set`: `items`; also `frozenset` and `tuple`
- `dict`: `items`, pairs: if some keys are not strings, or one is `type`
- `int`: beyond 64 bits, as hexadecimal text
- `float`: `inf`, `-inf` or `nan`
- `bytes`: base64
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, Flag
from pathlib import Path, PurePath
from typing import Any

from xpm_serialize.exceptions import NotSerializableError

from .class_names import standalone_file
from .json_types import Json

_PLAIN = frozenset({str, bool, type(None)})
_INT_LIMIT = 2**63


class Encoder:
    """Turns values into their JSON form.

    Args:
        bases: names and folders, in order: a path below one is written relative to the first.
        refer: returns the id of a configuration's record; `None` for any other value.
    """

    __slots__ = ("_bases", "_refer")

    def __init__(
        self, bases: Sequence[tuple[str, Path]], refer: Callable[[object], int | None]
    ) -> None:
        self._bases = [(name, str(folder), f"{folder}/") for name, folder in bases]
        self._refer = refer

    def encode(self, value: Any) -> Json:
        """Return the JSON form of a value.

        Raises:
            NotSerializableError: it has none.
        """
        kind: type[object] = type(value)
        if kind in _PLAIN:
            plain: Json = value
            return plain
        encode = _ENCODERS.get(kind)
        if encode is not None:
            return encode(self, value)
        reference = self._refer(value)
        if reference is not None:
            return {"type": "python", "value": reference}
        for base, encode in _BY_BASE:
            if isinstance(value, base):
                return encode(self, value)
        raise NotSerializableError(f"a value of type {kind.__module__}.{kind.__qualname__}")

    def _int(self, value: int) -> Json:
        if -_INT_LIMIT <= value < _INT_LIMIT:
            return int(value)
        return {"type": "int", "value": hex(value)}

    def _float(self, value: float) -> Json:
        if math.isfinite(value):
            return float(value)
        return {"type": "float", "value": repr(float(value))}

    def _str(self, value: str) -> str:
        return str.__str__(value)

    def _bytes(self, value: bytes) -> Json:
        return {"type": "bytes", "value": base64.b64encode(value).decode("ascii")}

    def _list(self, value: Iterable[Any]) -> list[Json]:
        if set(map(type, value)) <= _PLAIN:
            return list(value)
        encode = self.encode
        return [encode(item) for item in value]

    def _tuple(self, value: tuple[object, ...]) -> Json:
        return {"type": "tuple", "items": self._list(value)}

    def _set(self, value: Iterable[object]) -> Json:
        return {"type": "set", "items": self._sorted(value)}

    def _frozenset(self, value: Iterable[object]) -> Json:
        return {"type": "frozenset", "items": self._sorted(value)}

    def _sorted(self, value: Iterable[object]) -> list[Json]:
        # In a fixed order, so that equal sets give equal files.
        items: list[Any] = self._list(value)
        try:
            return sorted(items)
        except TypeError:
            return sorted(items, key=repr)

    def _dict(self, value: dict[Any, object]) -> Json:
        encode = self.encode
        if set(map(type, value)) <= {str} and "type" not in value:
            return {key: encode(item) for key, item in value.items()}
        return {
            "type": "dict",
            "items": [[encode(key), encode(item)] for key, item in value.items()],
        }

    def _path(self, value: PurePath) -> Json:
        text = str(value)
        for name, folder, prefix in self._bases:
            if text.startswith(prefix):
                return {"type": "path", "value": text[len(prefix) :], "base": name}
            if text == folder:
                return {"type": "path", "value": ".", "base": name}
        return {"type": "path", "value": text}

    def _enum(self, value: Enum) -> Json:
        kind = type(value)
        name = _flag_names(value) if isinstance(value, Flag) else value.name
        result: dict[str, Json] = {
            "type": "enum",
            "module": kind.__module__,
            "enum": kind.__qualname__,
            "value": name,
        }
        file = standalone_file(kind)
        if file is not None:
            result["file"] = file
        return result


def _flag_names(value: Flag) -> str:
    """Return the name of a flag; of a combination, the names of its members."""
    members = type(value).__members__
    name: str | None = value.name
    if name is not None and name in members:
        return name
    return "|".join(key for key, member in members.items() if member.value and member in value)


_ENCODERS: dict[type[object], Callable[[Encoder, Any], Json]] = {
    int: Encoder._int,
    float: Encoder._float,
    list: Encoder._list,
    dict: Encoder._dict,
    tuple: Encoder._tuple,
    set: Encoder._set,
    frozenset: Encoder._frozenset,
    bytes: Encoder._bytes,
    type(Path()): Encoder._path,
}

# For subclasses. Enumerations first: many are also numbers or strings.
_BY_BASE: tuple[tuple[type[object], Callable[[Encoder, Any], Json]], ...] = (
    (Enum, Encoder._enum),
    (PurePath, Encoder._path),
    (str, Encoder._str),
    (bool, lambda _, value: bool(value)),
    (int, Encoder._int),
    (float, Encoder._float),
    (list, Encoder._list),
    (dict, Encoder._dict),
    (tuple, Encoder._tuple),
    (set, Encoder._set),
    (frozenset, Encoder._frozenset),
)
