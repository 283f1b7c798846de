"""Configurations as plain data: dictionaries, lists, texts and numbers.

A configuration is a dictionary of its arguments. Keys that start with `$` are not
arguments: `$type` names the class (`module:Class`) where the declared type does not
determine it; a configuration that is met several times has a number under `$id`, and is
`{"$ref": number}` where it is met again. In a value declared as `Any`, what plain data does
not have is written `{"$set": [...]}` (or `$frozenset`), `{"$tuple": [...]}`, `{"$path": "..."}`,
`{"$bytes": "<base64>"}`, `{"$enum": "module:Class.MEMBER"}`, `{"$dict": [[key, value], ...]}`.
"""

from __future__ import annotations

import base64
from itertools import repeat
from typing import TYPE_CHECKING, Any

from xpm_config._encoding.collections import ordered_items
from xpm_config._identity.computation import digest
from xpm_config._model.checks import checked_info
from xpm_config._model.names import module_name
from xpm_config._model.state import ConfigObject
from xpm_config._model.traversal import children, preorder
from xpm_config._model.type import CONTAINERS, Type
from xpm_config._types.collections import DictType, ListType, SetType, TupleType
from xpm_config._types.configs import ConfigType, VariableType
from xpm_config._types.enumerations import EnumType, LiteralType
from xpm_config._types.scalars import BoolType, BytesType, FloatType, IntType, PathType, StrType
from xpm_config._types.unions import AnyType, OptionalType, UnionType
from xpm_config.exceptions import EncodingError

from .trampoline import Steps, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xpm_config._model.state import ConfigState


def class_name(cls: type) -> str:
    """Return how a class is named in plain data."""
    return f"{module_name(cls)}:{cls.__qualname__}"


def _shared(root: ConfigObject) -> set[int]:
    """Return the configurations that are met more than once, by `id`."""
    met = {id(root)}
    shared: set[int] = set()

    def counted(info: ConfigState) -> list[ConfigObject]:
        found = children(info)
        for child in found:
            (shared if id(child) in met else met).add(id(child))
        return found

    for _ in preorder([root], counted):
        pass
    return shared


_HOLDERS = (ConfigObject, *CONTAINERS)


def _is_leaf(value: object) -> bool:
    return not isinstance(value, _HOLDERS)


class _Writer:
    """Writes values; methods that return `Steps` are run by `run`."""

    def __init__(self, root: ConfigObject) -> None:
        self.shared = _shared(root)
        self.numbers: dict[int, int] = {}

    def write(self, value: object, type: Type) -> Steps:
        """Return a value of a declared type as plain data."""
        type = unwrapped(type)
        if isinstance(value, ConfigObject):
            return (yield from self.config(value, type))
        if isinstance(type, UnionType):
            type = _member(value, type)
        if _is_leaf(value):
            return self.leaf(value, type)
        if isinstance(type, ListType) and isinstance(value, list):
            return (yield from self._items(value, repeat(type.element)))
        if isinstance(type, SetType) and isinstance(value, (set, frozenset)):
            return (yield from self._items(_ordered(value), repeat(type.element)))
        if isinstance(type, TupleType) and isinstance(value, tuple):
            types = type.elements if type.rest is None else repeat(type.rest)
            return (yield from self._items(value, types))
        if isinstance(type, DictType) and isinstance(value, dict):
            return (yield from self._dict(value, type.key, type.element))
        return (yield from self._any(value))

    def leaf(self, value: Any, type: Type) -> object:
        """Return a value that holds no other as plain data."""
        type = unwrapped(type)
        if value is None:
            return None
        if isinstance(type, EnumType):
            return value.name
        if isinstance(type, PathType):
            return str(value)
        if isinstance(type, BytesType):
            return base64.b64encode(value).decode()
        if isinstance(type, (AnyType, LiteralType, UnionType)):
            return value if value.__class__ in _PLAIN else _typed(value)
        return value

    def _items(self, values: Iterable[object], types: Iterable[Type]) -> Steps:
        items: list[object] = []
        for value, type in zip(values, types, strict=False):  # types may go on for ever
            leaf = _is_leaf(value)
            items.append(self.leaf(value, type) if leaf else (yield self.write(value, type)))
        return items

    def _dict(self, value: dict[Any, Any], key: Type, element: Type) -> Steps:
        names = yield from self._items(value, repeat(key))
        items = yield from self._items(value.values(), repeat(element))
        plain = isinstance(unwrapped(key), _KEYS)
        if plain and not any(name is None or _is_special(name) for name in names):
            return dict(zip(names, items, strict=True))
        return {"$dict": [list(pair) for pair in zip(names, items, strict=True)]}

    def _any(self, value: object) -> Steps:
        """Return a value of no declared type: what plain data does not have is typed."""
        if isinstance(value, list):
            return (yield from self._items(value, repeat(_ANY)))
        if isinstance(value, tuple):
            return {"$tuple": (yield from self._items(value, repeat(_ANY)))}
        if isinstance(value, (set, frozenset)):
            form = "$set" if isinstance(value, set) else "$frozenset"
            return {form: (yield from self._items(_ordered(value), repeat(_ANY)))}
        assert isinstance(value, dict)
        if all(type(name) is str and not _is_special(name) for name in value):
            items = yield from self._items(value.values(), repeat(_ANY))
            return dict(zip(value, items, strict=True))
        return (yield from self._dict(dict(ordered_items(value)), _ANY, _ANY))

    def config(self, config: ConfigObject, type: Type | None) -> Steps:
        """Return a configuration as plain data, where one of a declared type is expected."""
        if id(config) in self.numbers:
            return {"$ref": self.numbers[id(config)]}
        info = config.__xpm__
        data: dict[str, object] = {}
        if not isinstance(type, ConfigType) or type.cls is not info.xpmtype.cls:
            data["$type"] = class_name(info.xpmtype.cls)
        if id(config) in self.shared:
            data["$id"] = self.numbers[id(config)] = len(self.numbers) + 1
        for argument, value in info.xpmvalues():
            if argument.constant or argument.name in info.generated:
                continue
            if value is None and argument.default is None:
                continue
            leaf = _is_leaf(value)
            data[argument.name] = (
                self.leaf(value, argument.type)
                if leaf
                else (yield self.write(value, argument.type))
            )
        return data


_ANY = AnyType()
_PLAIN = (bool, int, float, str)
# Types whose values differ as the texts that JSON makes of keys.
_KEYS = (StrType, IntType, FloatType, BoolType, EnumType, PathType)


def _is_special(name: object) -> bool:
    return isinstance(name, str) and name.startswith("$")


def unwrapped(type: Type) -> Type:
    """Return a type without what says that None is a value, or what a type variable is bound by."""
    while True:
        if isinstance(type, OptionalType):
            type = type.inner
        elif isinstance(type, VariableType) and type.bound is not None:
            type = type.bound
        else:
            return type


def _member(value: object, union: UnionType) -> Type:
    """Return the type by which a container reads back as it is; `Any` if it is typed then."""
    containers = [m for m in map(unwrapped, union.members) if isinstance(m, _CONTAINERS)]
    if len(containers) == 1 and containers[0].exact(value):
        return containers[0]
    return _ANY


_CONTAINERS = (ListType, SetType, TupleType, DictType)


def _ordered(values: set[Any] | frozenset[Any]) -> list[Any]:
    """Return the elements of a set, in an order that is the same in every process."""
    kinds = {type(value) for value in values}
    return sorted(values) if kinds <= {int} or kinds <= {str} else sorted(values, key=_order)


def _order(value: object) -> str:
    if isinstance(value, ConfigObject):
        return digest(value).hex()
    if isinstance(value, (tuple, frozenset)):
        parts = map(_order, value)
        return repr(list(parts) if isinstance(value, tuple) else sorted(parts))
    return f"{type(value).__qualname__} {value!r}"


def _typed(value: object) -> object:
    """Return a value that plain data does not have."""
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if hasattr(value, "__fspath__"):
        return {"$path": str(value)}
    if hasattr(type(value), "__members__") and hasattr(value, "name"):
        return {"$enum": f"{class_name(type(value))}.{value.name}"}
    for plain in (int, float, str):
        if isinstance(value, plain):  # of a class derived from it
            return plain(value)
    raise EncodingError(
        f"a value of type {type(value).__module__}.{type(value).__qualname__} "
        "cannot be written as plain data"
    )


def to_dict(config: object) -> dict[str, Any]:
    """Return a configuration as plain data; `from_dict` makes it again.

    Args:
        config: a configuration.

    Returns:
        A dictionary of its arguments, with the class under `$type`. Constants and
        generated paths are left out; so is what submission adds.

    Raises:
        EncodingError: it holds a value that plain data cannot express.
    """
    root = checked_info(config).pyobject
    data: dict[str, Any] = run(_Writer(root).config(root, None))
    return data
