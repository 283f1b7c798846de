"""Configurations as plain data: dictionaries, lists, texts and numbers.

A configuration is a dictionary of its arguments. Keys that start with `$` are not
arguments: `$type` names the class (`module:Class`) where the declared type does not
determine it; a configuration that is met several times has a number under `$id`, and is
`{"$ref": number}` where it is met again. In a value declared as `Any`, what plain data does
not have is written `{"$set": [...]}`, `{"$tuple": [...]}`, `{"$path": "..."}`,
`{"$bytes": "<base64>"}`, `{"$enum": "module:Class.MEMBER"}`, `{"$dict": [[key, value], ...]}`.
"""

from __future__ import annotations

import base64
from typing import Any

from ._base import ConfigObject, module_name
from ._configtype import ConfigType, VariableType
from ._containers import DictType, ListType, SetType, TupleType
from ._encoding_containers import ordered_items
from ._enumerated import EnumType
from ._scalars import BytesType, PathType
from ._types import Type
from ._unions import AnyType, OptionalType, UnionType
from ._walking import held
from .exceptions import EncodingError


def class_name(cls: type) -> str:
    """How a class is named in plain data."""
    return f"{module_name(cls)}:{cls.__qualname__}"


def _shared(root: Any) -> set[int]:
    """The configurations that are met more than once, by `id`."""
    seen, shared = {id(root)}, set()
    stack = [root]
    while stack:
        for child in held(stack.pop().__xpm__):
            if id(child) in seen:
                shared.add(id(child))
            else:
                seen.add(id(child))
                stack.append(child)
    return shared


class _Writer:
    def __init__(self, root: Any) -> None:
        self.shared = _shared(root)
        self.numbers: dict[int, int] = {}

    def write(self, value: Any, type: Type) -> Any:
        """A value of a declared type as plain data."""
        if isinstance(type, OptionalType):
            return None if value is None else self.write(value, type.inner)
        if isinstance(value, ConfigObject):
            return self.config(value, type)
        if isinstance(type, UnionType):
            return self._member(value, type)
        if isinstance(type, VariableType):
            return self.any(value) if type.bound is None else self.write(value, type.bound)
        if isinstance(type, AnyType):
            return self.any(value)
        if isinstance(type, ListType):
            return [self.write(item, type.element) for item in value]
        if isinstance(type, SetType):
            return self._sorted([self.write(item, type.element) for item in value])
        if isinstance(type, TupleType):
            types = type.elements if type.rest is None else (type.rest,) * len(value)
            return [self.write(*pair) for pair in zip(value, types, strict=True)]
        if isinstance(type, DictType):
            return {
                self.write(name, type.key): self.write(item, type.element)
                for name, item in value.items()
            }
        if isinstance(type, EnumType):
            return value.name
        if isinstance(type, PathType):
            return str(value)
        if isinstance(type, BytesType):
            return base64.b64encode(value).decode()
        return value

    def _member(self, value: Any, type: UnionType) -> Any:
        """A value of a union: as data that reads back as this value, typed if need be."""
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        members = [member for member in type.members if member.exact(value)]
        containers = (ListType, SetType, TupleType, DictType)
        alike = [m for m in type.members if isinstance(m, containers)]
        if len(members) == 1 and len(alike) == 1 and members[0] is alike[0]:
            return self.write(value, members[0])
        return self.any(value)

    def _sorted(self, items: list[Any]) -> list[Any]:
        try:
            return sorted(items)
        except TypeError:
            return items

    def config(self, config: Any, type: Type | None) -> dict[str, Any]:
        """A configuration, where one of a declared type is expected."""
        if id(config) in self.numbers:
            return {"$ref": self.numbers[id(config)]}
        info = config.__xpm__
        data: dict[str, Any] = {}
        if not isinstance(type, ConfigType) or type.cls is not info.xpmtype.cls:
            data["$type"] = class_name(info.xpmtype.cls)
        if id(config) in self.shared:
            data["$id"] = self.numbers[id(config)] = len(self.numbers) + 1
        for argument, value in info.xpmvalues():
            if not argument.constant and argument.name not in info.generated:
                if value is None and argument.default is None:
                    continue
                data[argument.name] = None if value is None else self.write(value, argument.type)
        return data

    def any(self, value: Any) -> Any:
        """A value of no declared type: what plain data does not have is typed."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, ConfigObject):
            return self.config(value, None)
        if isinstance(value, list):
            return [self.any(item) for item in value]
        if isinstance(value, tuple):
            return {"$tuple": [self.any(item) for item in value]}
        if isinstance(value, (set, frozenset)):
            return {"$set": self._sorted([self.any(item) for item in value])}
        if isinstance(value, dict):
            if all(isinstance(name, str) and not name.startswith("$") for name in value):
                return {name: self.any(item) for name, item in value.items()}
            return {"$dict": [[self.any(k), self.any(v)] for k, v in ordered_items(value)]}
        return self._typed(value)

    def _typed(self, value: Any) -> Any:
        if isinstance(value, bytes):
            return {"$bytes": base64.b64encode(value).decode()}
        if hasattr(value, "__fspath__"):
            return {"$path": str(value)}
        if hasattr(value, "name") and hasattr(type(value), "__members__"):
            return {"$enum": f"{class_name(type(value))}.{value.name}"}
        raise EncodingError(
            f"a value of type {type(value).__module__}.{type(value).__qualname__} "
            "cannot be written as plain data"
        )


def to_dict(config: Any) -> dict[str, Any]:
    """A configuration as plain data; `from_dict` makes it again.

    Args:
        config: a configuration.

    Returns:
        A dictionary of its arguments, with the class under `$type`. Constants and
        generated paths are left out; so is what submission adds.

    Raises:
        EncodingError: it holds a value that plain data cannot express.
    """
    writer = _Writer(config)
    return writer.config(config, None)
