"""Generic configurations: what type variables stand for, object by object.

A variable is bound by the first value of its type; it widens to a super-class, and
refuses an unrelated type. Types of values are kept as `Kind`s: a class and, for a generic
configuration, what its own variables stand for.
"""

from __future__ import annotations

import copy
import typing
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from xpm_config._model.locations import user_location
from xpm_config._model.names import qualified
from xpm_config._model.state import ConfigClass, ConfigObject
from xpm_config._model.type import CONTAINERS, Type
from xpm_config._types.collections import DictType
from xpm_config._types.configs import BoundType, ConfigType, VariableType
from xpm_config._types.enumerations import EnumType, LiteralType
from xpm_config._types.scalars import PathType
from xpm_config._types.unions import AnyType, OptionalType, UnionType
from xpm_config.exceptions import ArgumentTypeError

if TYPE_CHECKING:
    from types import FrameType

    from xpm_config._model.argument import Argument
    from xpm_config._model.state import ConfigState

    Bindings = dict[TypeVar, "Kind"]


class Kind(NamedTuple):
    """The type of a value.

    Attributes:
        cls: its class.
        arguments: what the variables of a generic class stand for, where that is known.
    """

    cls: type
    arguments: tuple[Kind | None, ...] = ()

    def __str__(self) -> str:
        if any(self.arguments):
            return f"{self.cls.__qualname__}[{', '.join(str(a or '?') for a in self.arguments)}]"
        return self.cls.__qualname__


def kind_of(value: object) -> Kind:
    """Return the type of a value."""
    if isinstance(value, ConfigObject):
        info = value.__xpm__
        bindings = info.bindings or {}
        variables = _variables(info.xpmtype.cls)
        return Kind(info.xpmtype.cls, tuple(bindings.get(variable) for variable in variables))
    return Kind(type(value))


def is_sub_kind(one: Kind | None, other: Kind | None) -> bool:
    """Return whether values of one kind are of another; an unknown kind is of any."""
    if one is None or other is None:
        return True
    if not issubclass(one.cls, other.cls):
        return False
    if one.cls is not other.cls:
        return True
    return all(map(is_sub_kind, one.arguments, other.arguments))


class _Unrelated(Exception):
    """A value contradicts what a variable stands for."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got


def _takes(type: Type, kind: Kind) -> bool:
    """Return whether all values of a kind are of a type."""
    if isinstance(type, VariableType):
        return type.bound is None or _takes(type.bound, kind)
    if isinstance(type, AnyType):
        return True
    if isinstance(type, (UnionType, OptionalType)):
        return any(_takes(part, kind) for part in type.parts())
    if isinstance(type, BoundType):
        return issubclass(kind.cls, type.cls) and all(
            argument is None or _takes(part, argument)
            for part, argument in zip(type.parameters, kind.arguments, strict=False)
        )
    if isinstance(type, (ConfigType, EnumType)):
        return issubclass(kind.cls, type.cls)
    if isinstance(type, PathType):
        return hasattr(kind.cls, "__fspath__")
    if isinstance(type, LiteralType):
        return any(kind.cls is value.__class__ for value in type.values)
    return type.plain is None or issubclass(kind.cls, type.plain)


class _Binding:
    """Binds the variables of one object to what a value of one argument says."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings

    def bind(self, type: Type, value: object) -> None:
        """Bind the variables in a type, given a value of it."""
        if value is None or not type.generic:
            return
        if isinstance(type, VariableType):
            self._bind_variable(type.variable, kind_of(value))
        elif isinstance(type, BoundType):
            if isinstance(value, type.cls) and isinstance(value, ConfigObject):
                self._bind_arguments(type, value)
        elif isinstance(type, OptionalType):
            self.bind(type.inner, value)
        elif isinstance(type, UnionType):
            self._bind_member(type, value)
        else:
            self._bind_elements(type, value)

    def _bind_member(self, type: UnionType, value: object) -> None:
        for member in type.members:
            if member.exact(value) or isinstance(member, VariableType):
                self.bind(member, value)
                return

    def _bind_elements(self, type: Type, value: object) -> None:
        if isinstance(type, DictType) and isinstance(value, dict):
            for key, item in value.items():
                self.bind(type.key, key)
                self.bind(type.element, item)
        elif isinstance(value, CONTAINERS):
            parts = type.parts()
            for position, item in enumerate(value):
                self.bind(parts[position if len(parts) > 1 else 0], item)

    def _bind_variable(self, variable: TypeVar, kind: Kind) -> None:
        known = self.bindings.get(variable)
        if known is None or (is_sub_kind(known, kind) and not is_sub_kind(kind, known)):
            self.bindings[variable] = kind
        elif not is_sub_kind(kind, known):
            raise _Unrelated(f"{known}, which {variable.__name__} stands for", str(kind))

    def _bind_arguments(self, type: BoundType, value: ConfigObject) -> None:
        """Bind `G[X]`, given a `G`: what the variables of G stand for must be of type X."""
        bindings = value.__xpm__.bindings or {}
        for variable, part in zip(_variables(type.cls), type.parameters, strict=False):
            kind = bindings.get(variable)
            if kind is not None and not self._bind_kind(part, kind):
                raise _Unrelated(str(type), f"{type.cls.__qualname__}[{kind}]")

    def _bind_kind(self, type: Type, kind: Kind) -> bool:
        """Bind the variables in a type, given the kind of its values; False: not of it."""
        if isinstance(type, VariableType):
            self._bind_variable(type.variable, kind)
            return True
        if isinstance(type, BoundType) and issubclass(kind.cls, type.cls):
            return all(
                argument is None or self._bind_kind(part, argument)
                for part, argument in zip(type.parameters, kind.arguments, strict=False)
            )
        return _takes(type, kind)


def _variables(cls: type) -> tuple[TypeVar, ...]:
    found: tuple[TypeVar, ...] = getattr(cls, "__parameters__", ())
    return found


def bind(info: ConfigState, argument: Argument, value: object) -> None:
    """Bind the type variables of an object to what a value of an argument says.

    Args:
        info: the state of the object.
        argument: the argument that is set.
        value: its value.

    Raises:
        ArgumentTypeError: the value contradicts what a variable stands for.
    """
    bindings = dict(_all_bindings(info, argument))
    try:
        _Binding(bindings).bind(argument.type, value)
    except _Unrelated as error:
        raise ArgumentTypeError(
            f"{qualified(argument.owner)}.{argument.name}: expected {error.expected}, "
            f"got {error.got} (set at {user_location()})"
        ) from None
    info.bindings = bindings


def _all_bindings(info: ConfigState, argument: Argument) -> Bindings:
    """Return what is bound already; for a copy with changes, by the values that it keeps."""
    if info.bindings is not None:
        return info.bindings
    bindings: Bindings = {}
    for other in info.xpmtype.config_arguments:
        if other is not argument and other.type.generic and other.name in info.values:
            _Binding(bindings).bind(other.type, info.values[other.name])
    return bindings


def fixed_variables(cls: type, frames: list[FrameType]) -> dict[TypeVar, Type]:
    """Return what the type variables of the parents stand for in `class A(Box[int])`."""
    from .annotations import Scope  # only classes with such parents need these
    from .resolution import resolve

    fixed: dict[TypeVar, Type] = {}
    for base in vars(cls).get("__orig_bases__", ()):
        origin = typing.get_origin(base)
        if isinstance(origin, type) and issubclass(origin, ConfigClass):
            scope = Scope(cls, frames)
            for variable, given in zip(_variables(origin), typing.get_args(base), strict=False):
                if given is not variable:
                    fixed[variable] = resolve(given, scope, "bases")
    return fixed


def specialized(argument: Argument, fixed: dict[TypeVar, Type]) -> Argument:
    """Return an inherited argument in which variables stand for something.

    Args:
        argument: the argument of the parent.
        fixed: what its variables stand for.
    """
    if not argument.type.generic:
        return argument
    made = copy.copy(argument)
    made.retype(_substituted(argument.type, fixed))
    return made


def _substituted(type: Type, fixed: dict[TypeVar, Type]) -> Type:
    if isinstance(type, VariableType):
        return fixed.get(type.variable, type)
    if not type.generic:
        return type
    return type.rebuilt(tuple(_substituted(part, fixed) for part in type.parts()))
