"""Configurations from plain data (the format is that of `_plain`)."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar, cast

from ._base import ConfigObject, nearest, qualified, user_location
from ._configtype import ConfigType, VariableType
from ._containers import DictType, ListType, SetType, TupleType
from ._enumerated import EnumType
from ._faults import Fault, Path, shown_path
from ._finding import find_class, find_member
from ._scalars import BytesType
from ._types import Refused, Type, describe
from ._unions import AnyType, OptionalType, UnionType
from .exceptions import ConfigError, DocumentError

C = TypeVar("C")


class _Reader:
    def __init__(self) -> None:
        self.objects: dict[Any, Any] = {}
        self.location = user_location()

    def read(self, data: Any, type: Type, path: Path) -> Any:
        """The value of a declared type that plain data stands for."""
        if isinstance(type, OptionalType):
            return None if data is None else self.read(data, type.inner, path)
        if isinstance(data, dict) and ("$type" in data or "$ref" in data):
            declared = type.cls if isinstance(type, ConfigType) else None
            return self._coerced(self.config(data, declared, path), type, path)
        if isinstance(type, UnionType):
            return self._union(data, type, path)
        if isinstance(type, ConfigType):
            return self.config(data, type.cls, path)
        if isinstance(type, VariableType) and type.bound is not None:
            return self.read(data, type.bound, path)
        if isinstance(type, AnyType):
            return self.any(data, path)
        if isinstance(data, dict) and len(data) == 1 and next(iter(data)) in _TYPED:
            return self._coerced(self.any(data, path), type, path)
        return self._declared(data, type, path)

    def _declared(self, data: Any, type: Type, path: Path) -> Any:
        if isinstance(type, (ListType, SetType, TupleType)):
            if not isinstance(data, list):
                raise Fault(path, f"expected {type} (a list), got {describe(data)}")
            return self._sequence(data, type, path)
        if isinstance(type, DictType):
            if not isinstance(data, dict):
                raise Fault(path, f"expected {type}, got {describe(data)}")
            return {
                self.read(name, type.key, (*path, name)): self.read(
                    item, type.element, (*path, name)
                )
                for name, item in data.items()
            }
        if isinstance(type, EnumType) and isinstance(data, str):
            members: Any = type.cls
            if data not in members.__members__:
                known = members.__members__
                raise Fault(path, f"{type} has no member '{data}'{nearest(data, known)}")
            return members[data]
        if isinstance(type, BytesType) and isinstance(data, str):
            return _decoded(data, path)
        return self._coerced(data, type, path)

    def _sequence(self, data: list[Any], type: Any, path: Path) -> Any:
        if isinstance(type, TupleType) and type.rest is None:
            if len(data) != len(type.elements):
                raise Fault(path, f"expected {type}, got {len(data)} elements")
            types: Any = type.elements
        else:
            element = type.rest if isinstance(type, TupleType) else type.element
            types = (element,) * len(data)
        items = [
            self.read(item, part, (*path, index))
            for index, (item, part) in enumerate(zip(data, types, strict=True))
        ]
        if isinstance(type, TupleType):
            return tuple(items)
        if isinstance(type, SetType):
            for item in items:
                if isinstance(item, ConfigObject):
                    item.__xpm__.seal()
            return set(items)
        return items

    def _coerced(self, value: Any, type: Type, path: Path) -> Any:
        try:
            return type.coerce(value)
        except Refused as refused:
            raise Fault(
                path, f"expected {refused.expected}, got {describe(refused.value)}"
            ) from None

    def _union(self, data: Any, type: UnionType, path: Path) -> Any:
        if not isinstance(data, (dict, list)):
            try:
                return type.coerce(data)
            except Refused:
                pass  # it may be the name of an enumeration's member
        faults = []
        for member in type.members:
            try:
                return self.read(data, member, path)
            except Fault as fault:
                faults.append(fault)
        # the member that was followed farthest is the one that was meant
        farthest = max(faults, key=lambda fault: len(fault.path))
        if len(farthest.path) > len(path):
            raise farthest
        raise Fault(path, f"expected {type}, got {describe(data)}")

    def config(self, data: Any, declared: Any, path: Path) -> Any:
        """A configuration."""
        if not isinstance(data, dict):
            wanted = declared.__qualname__ if declared else "a configuration"
            raise Fault(path, f"expected the arguments of {wanted}, got {describe(data)}")
        if "$ref" in data:
            if data["$ref"] not in self.objects:
                raise Fault(path, f"no object before this one has the $id {data['$ref']!r}")
            return self.objects[data["$ref"]]
        cls = self._class(data, declared, path)
        made = cls.C()
        made.__xpm__.set_location(self.location)
        if "$id" in data:
            self.objects[data["$id"]] = made
        self._fill(made, data, path)
        return made

    def _class(self, data: dict[str, Any], declared: Any, path: Path) -> Any:
        name = data.get("$type")
        if name is None:
            if declared is None or _is_root(declared):
                raise Fault(path, "the class is not known here: name it under '$type'")
            return declared
        if not isinstance(name, str):
            raise Fault((*path, "$type"), f"expected module:Class, got {describe(name)}")
        try:
            cls = find_class(name)
        except LookupError as error:
            raise Fault((*path, "$type"), str(error)) from None
        if declared is not None and not issubclass(cls, declared):
            raise Fault((*path, "$type"), f"{name} is not a {qualified(declared)}")
        return cls

    def _fill(self, made: Any, data: dict[str, Any], path: Path) -> None:
        info = made.__xpm__
        arguments = info.xpmtype.arguments
        for name in data:
            if name not in arguments and name not in ("$type", "$id", "$version"):
                near = nearest(str(name), arguments)
                message = f"{info.xpmtype.full_name} has no argument '{name}'{near}"
                raise Fault((*path, name), message, key=True)
        for name, argument in arguments.items():
            if name in data:
                item = data[name]
                optional = argument.optional and item is None
                value = None if optional else self.read(item, argument.type, (*path, name))
                try:
                    setattr(made, name, value)
                except ConfigError as error:
                    raise Fault((*path, name), str(error)) from None
        missing = [a.name for a in info.xpmtype.required if a.name not in info.values]
        if missing:
            shown = ", ".join(f"'{name}'" for name in missing)
            raise Fault(path, f"no value for the required {shown} of {info.xpmtype.full_name}")

    def any(self, data: Any, path: Path) -> Any:
        """A value of no declared type."""
        if isinstance(data, list):
            return [self.any(item, (*path, index)) for index, item in enumerate(data)]
        if not isinstance(data, dict):
            return data
        if "$type" in data or "$ref" in data:
            return self.config(data, None, path)
        if len(data) == 1:
            (form, content), *_ = data.items()
            if form in _TYPED:
                return self._typed(form, content, (*path, form))
        return {name: self.any(item, (*path, name)) for name, item in data.items()}

    def _typed(self, form: str, content: Any, path: Path) -> Any:
        if form == "$path":
            import pathlib  # plain data rarely has paths of no declared type

            return pathlib.Path(content)
        if form == "$bytes":
            return _decoded(content, path)
        if form == "$enum":
            return self._member(content, path)
        if not isinstance(content, list):
            raise Fault(path, f"expected a list, got {describe(content)}")
        items = [self.any(item, (*path, index)) for index, item in enumerate(content)]
        if form == "$dict":
            return dict(items)
        return tuple(items) if form == "$tuple" else set(items)

    def _member(self, content: Any, path: Path) -> Any:
        try:
            return find_member(str(content))
        except LookupError:
            raise Fault(path, f"expected module:Class.MEMBER, got {describe(content)}") from None


_TYPED = frozenset({"$set", "$tuple", "$path", "$bytes", "$enum", "$dict"})


def _is_root(cls: type) -> bool:
    return not cls.__xpmtype__.arguments and cls.__name__ == "Config"  # type: ignore[attr-defined] # a Config


def _decoded(text: Any, path: Path) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Fault(path, f"expected bytes in base64, got {describe(text)}") from None


def read(cls: type[C], data: Any) -> C:
    """The configuration that plain data stands for.

    Raises:
        Fault: it stands for none.
    """
    return cast("C", _Reader().config(data, cls, ()))


def from_dict(cls: type[C], data: dict[str, Any]) -> C:
    """Makes a configuration from plain data.

    Args:
        cls: its class; `Config` where the data names it under `$type`. A sub-class may be
            named too: its module is imported.
        data: values by argument name.

    Raises:
        DocumentError: the data does not describe a configuration of this class; the
            message gives the place in the data.
    """
    try:
        return read(cls, data)
    except Fault as fault:
        raise DocumentError(f"{shown_path(fault.path)}: {fault.message}") from None
