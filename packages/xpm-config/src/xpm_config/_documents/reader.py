"""Configurations from plain data (the format is that of `writer`)."""

from __future__ import annotations

from itertools import count, repeat
from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.checks import is_config_class
from xpm_config._model.conversion import convert
from xpm_config._model.display import describe
from xpm_config._model.locations import user_location
from xpm_config._model.names import nearest
from xpm_config._model.type import Refused, Type
from xpm_config._types.collections import DictType, ListType, SetType, TupleType
from xpm_config._types.configs import ConfigType
from xpm_config._types.enumerations import EnumType
from xpm_config._types.scalars import BytesType
from xpm_config._types.unions import AnyType, OptionalType, UnionType
from xpm_config.exceptions import ConfigError, DocumentError

from .checks import SPECIAL, check_complete, check_names, class_of, coerced, with_defaults
from .errors import Fault, Place, depth, inner
from .tagged_values import FORMS, decoded, hashed, special
from .trampoline import Steps, run
from .writer import unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xpm_config._model.state import ConfigObject

    Container = dict[Any, Any] | list[Any]

C = TypeVar("C")

_ANY = AnyType()


class _Reader:
    """Reads data; methods that return `Steps` are run by `run`."""

    def __init__(self) -> None:
        self.objects: dict[Any, Any] = {}
        self.location = user_location()
        # containers on the way to what is read: data may hold itself
        self.inside: set[int] = set()

    def read(self, data: object, declared: Type, place: Place) -> Steps:
        """Return the value of a declared type that plain data stands for."""
        if not isinstance(data, (dict, list)):
            return self.leaf(data, declared, place)
        if id(data) in self.inside:
            raise Fault(place, "the data holds itself; name an object by '$id' and '$ref'")
        self.inside.add(id(data))
        try:
            return (yield from self._container(data, unwrapped(declared), place))
        finally:
            self.inside.discard(id(data))

    def _container(self, data: Container, type: Type, place: Place) -> Steps:
        """Return the steps that read a dictionary or a list."""
        if isinstance(type, UnionType) and not _is_named(data):
            return self._union(data, type, place)
        if isinstance(data, list):
            return self._list(data, type, place)
        if _is_named(data):
            return self._named(data, type, place)
        if isinstance(type, ConfigType):
            return self.config(data, type.cls, place)
        return self._dict(data, type, place)

    def _named(self, data: dict[Any, Any], type: Type, place: Place) -> Steps:
        """Return the configuration of data that names its class, or one met before."""
        cls = type.cls if isinstance(type, ConfigType) else None
        return coerced((yield from self.config(data, cls, place)), type, place)

    def _dict(self, data: dict[Any, Any], type: Type, place: Place) -> Steps:
        if len(data) == 1 and next(iter(data)) in FORMS:
            return coerced((yield from self._form(data, type, place)), type, place)
        if isinstance(type, DictType):
            names = yield from self._items(data, repeat(type.key), place, data)
            items = yield from self._items(data.values(), repeat(type.element), place, data)
            return dict(zip(names, items, strict=True))
        if isinstance(type, (ListType, SetType, TupleType)):
            raise Fault(place, f"expected {type} (a list), got {describe(data)}")
        if not isinstance(type, AnyType):
            return coerced(data, type, place)
        items = yield from self._items(data.values(), repeat(_ANY), place, data)
        return dict(zip(data, items, strict=True))

    def _list(self, data: list[Any], type: Type, place: Place) -> Steps:
        if isinstance(type, ConfigType):
            return self.leaf(data, type, place)
        if isinstance(type, (ListType, SetType, TupleType)):
            return (yield from self._sequence(data, type, place))
        if not isinstance(type, AnyType):
            return coerced(data, type, place)
        return (yield from self._items(data, repeat(_ANY), place))

    def leaf(self, data: object, declared: Type, place: Place) -> object:
        """Return the value of a declared type that data stands for which holds no other."""
        if data is None and isinstance(declared, OptionalType):
            return None
        type = unwrapped(declared)
        if isinstance(type, UnionType):
            return self._leaf_of_union(data, type, place)
        if isinstance(type, ConfigType):
            raise self.no_config(data, type.cls, place)
        if isinstance(type, (ListType, SetType, TupleType)):
            raise Fault(place, f"expected {type} (a list), got {describe(data)}")
        if isinstance(type, EnumType) and isinstance(data, str):
            known: Mapping[str, object] = getattr(type.cls, "__members__")  # noqa: B009
            if data not in known:
                raise Fault(place, f"{type} has no member '{data}'{nearest(data, known)}")
            return known[data]
        if isinstance(type, BytesType) and isinstance(data, str):
            return decoded(data, place)
        return coerced(data, type, place)

    def no_config(self, data: object, cls: type, place: Place) -> Fault:
        """Return the fault that data does not give the arguments of a configuration."""
        return Fault(place, f"expected the arguments of {cls.__qualname__}, got {describe(data)}")

    def _leaf_of_union(self, data: object, type: UnionType, place: Place) -> object:
        try:
            found: object = type.coerce(data)
            return found
        except Refused:
            pass  # it may be the name of an enumeration's member
        for member in type.members:
            try:
                return self.leaf(data, member, place)
            except Fault:
                continue
        raise Fault(place, f"expected {type}, got {describe(data)}")

    def _union(self, data: Container, type: UnionType, place: Place) -> Steps:
        faults = []
        known = len(self.objects)
        for member in type.members:
            try:
                return (yield self._container(data, unwrapped(member), place))
            except Fault as fault:
                faults.append(fault)
                while len(self.objects) > known:
                    self.objects.popitem()
        # the member that was followed farthest is the one that was meant
        farthest = max(faults, key=lambda fault: depth(fault.place))
        if depth(farthest.place) > depth(place):
            raise farthest
        raise Fault(place, f"expected {type}, got {describe(data)}")

    def _items(
        self,
        values: Iterable[object],
        types: Iterable[Type],
        place: Place,
        names: Iterable[object] | None = None,
    ) -> Steps:
        """Return the values in a container, by the types of each.

        Args:
            values: what they are read from.
            types: their types; there may be more of them.
            place: where the container is.
            names: the keys; indices without.
        """
        items: list[object] = []
        steps = count() if names is None else names
        for value, type, step in zip(values, types, steps, strict=False):
            at = inner(place, step)
            leaf = not isinstance(value, (dict, list))
            items.append(self.leaf(value, type, at) if leaf else (yield self.read(value, type, at)))
        return items

    def _sequence(
        self, data: list[Any], type: ListType | SetType | TupleType, place: Place
    ) -> Steps:
        if isinstance(type, TupleType):
            if type.rest is None and len(data) != len(type.elements):
                raise Fault(place, f"expected {type}, got {len(data)} elements")
            types = type.elements if type.rest is None else repeat(type.rest)
            return tuple((yield from self._items(data, types, place)))
        items = yield from self._items(data, repeat(type.element), place)
        return items if isinstance(type, ListType) else hashed(items, place)

    def _form(self, data: dict[str, Any], type: Type, place: Place) -> Steps:
        """Return what plain data does not have: `{"$set": [...]}` and the like."""
        ((form, content),) = data.items()
        at = inner(place, form)
        if form not in ("$set", "$frozenset", "$tuple", "$dict"):
            return special(form, content, at)
        if not isinstance(content, list):
            raise Fault(at, f"expected a list, got {describe(content)}")
        if form == "$dict":
            return (yield from self._pairs(content, type, at))
        wanted = TupleType if form == "$tuple" else SetType
        if isinstance(type, wanted):
            return (yield from self._sequence(content, type, at))
        items = yield from self._items(content, repeat(_ANY), at)
        if form == "$tuple":
            return tuple(items)
        made = hashed(items, at)
        return made if form == "$set" else frozenset(made)

    def _pairs(self, content: list[Any], type: Type, place: Place) -> Steps:
        types = (type.key, type.element) if isinstance(type, DictType) else (_ANY, _ANY)
        pairs = []
        for index, pair in enumerate(content):
            at = inner(place, index)
            if not isinstance(pair, list) or len(pair) != 2:
                raise Fault(at, f"expected [key, value], got {describe(pair)}")
            name, item = yield from self._items(pair, types, at)
            hashed([name], at)
            pairs.append((name, item))
        return dict(pairs)

    def config(self, data: dict[str, Any], declared: type | None, place: Place) -> Steps:
        """Return a configuration, of a declared class if there is one."""
        for name in ("$ref", "$id"):
            if not isinstance(data.get(name, 0), (int, str)):
                raise Fault(inner(place, name), f"expected a number, got {describe(data[name])}")
        if "$ref" in data:
            if data["$ref"] not in self.objects:
                raise Fault(place, f"no object before this one has the $id {data['$ref']!r}")
            return self.objects[data["$ref"]]
        cls = class_of(data, declared, place)
        made = with_defaults(cls, place)
        made.__xpm__.location = self.location
        if "$id" in data:
            if data["$id"] in self.objects:
                raise Fault(inner(place, "$id"), f"the $id {data['$id']!r} is given twice")
            self.objects[data["$id"]] = made
        yield from self._fill(made, data, place)
        if getattr(made.__xpm__.xpmtype.converts, "replace", False):
            made = convert(made)
            if "$id" in data:
                self.objects[data["$id"]] = made
        return made

    def _fill(self, made: ConfigObject, data: dict[str, Any], place: Place) -> Steps:
        info = made.__xpm__
        arguments = info.xpmtype.arguments
        check_names(info.xpmtype, data, place)
        if not info.xpmtype.old_arguments:
            check_complete(info, data, place)
        for name, item in data.items():
            if name in SPECIAL:
                continue
            argument = arguments.get(name)
            at = inner(place, name)
            if item is None and argument is not None and argument.optional:
                value = None
            else:
                value = yield self.read(item, argument.type if argument else _ANY, at)
            try:
                setattr(made, name, value)
            except ConfigError as error:
                raise Fault(at, str(error)) from None
        check_complete(info, info.values, place)


def _is_named(data: Container) -> bool:
    return isinstance(data, dict) and ("$type" in data or "$ref" in data)


def read(cls: type[C], data: object) -> C:
    """Return the configuration that plain data stands for.

    Raises:
        Fault: it does not stand for one.
    """
    wanted: object = cls
    if not isinstance(wanted, type) or not is_config_class(wanted):
        raise TypeError(f"expected a configuration class, got {cls!r}")
    reader = _Reader()
    if not isinstance(data, dict):
        raise reader.no_config(data, cls, None)
    # not `read`: a task that is not submitted may be read, though no value may be one
    made: C = run(reader.config(data, cls, None))
    return made


def from_dict(cls: type[C], data: dict[str, Any]) -> C:
    """Return a configuration made from plain data.

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
        raise DocumentError(str(fault)) from None
