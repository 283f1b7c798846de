"""From type expressions (`list[int]`, `"Model" | None`) to types."""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import TYPE_CHECKING, Any

from xpm_config._model.names import qualified
from xpm_config._model.state import ConfigClass
from xpm_config._model.type import Type
from xpm_config._types.collections import DictType, ListType, SetType, TupleType
from xpm_config._types.configs import BoundType, ConfigType, VariableType
from xpm_config._types.enumerations import EnumType, LiteralType
from xpm_config._types.scalars import (
    BoolType,
    BytesType,
    FloatType,
    IntType,
    NoneType,
    PathType,
    StrType,
)
from xpm_config._types.unions import AnyType, OptionalType, UnionType
from xpm_config.exceptions import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .annotations import Scope

_SIMPLE: dict[object, Type] = {
    int: IntType(),
    float: FloatType(),
    bool: BoolType(),
    str: StrType(),
    bytes: BytesType(),
    None: NoneType(),
    type(None): NoneType(),
    Any: AnyType(),
    object: AnyType(),
    list: ListType(AnyType()),
    set: SetType(AnyType()),
    dict: DictType(AnyType(), AnyType()),
    tuple: TupleType((), AnyType()),
}
_SIMPLE[typing.List] = _SIMPLE[list]  # noqa: UP006 # what users write
_SIMPLE[typing.Set] = _SIMPLE[set]  # noqa: UP006
_SIMPLE[typing.Dict] = _SIMPLE[dict]  # noqa: UP006
_SIMPLE[typing.Tuple] = _SIMPLE[tuple]  # noqa: UP006

_SUPPORTED = (
    "int, float, str, bool, bytes, Path, enumerations, configurations, list, set, dict, tuple, "
    "Optional, Union, Literal, Any"
)


def resolve(expression: object, scope: Scope, where: str) -> Type:
    """Return the type that an expression stands for.

    Args:
        expression: what stands between the brackets of `Param[...]`.
        scope: where names are looked up.
        where: name of the argument, for messages.

    Raises:
        DefinitionError: it stands for no type that an argument can have.
    """
    try:
        found = _SIMPLE.get(expression)
    except TypeError:  # cannot be hashed: no type
        found = None
    if found is not None:
        return found
    if isinstance(expression, str):
        return resolve(scope.evaluate(expression, where), scope, where)
    if isinstance(expression, typing.ForwardRef):
        return resolve(scope.evaluate(expression.__forward_arg__, where), scope, where)
    if isinstance(expression, type) and not isinstance(expression, types.GenericAlias):
        return _class_type(expression, scope, where)
    if isinstance(expression, typing.TypeVar):
        bound: object = expression.__bound__
        if expression.__constraints__:
            bound = typing.Union[expression.__constraints__]  # noqa: UP007 # made here
        return VariableType(expression, None if bound is None else resolve(bound, scope, where))
    if isinstance(expression, typing.NewType):
        return resolve(expression.__supertype__, scope, where)
    value: object = getattr(expression, "__value__", None)  # `type X = ...` of Python 3.12
    if value is not None and type(expression).__name__ == "TypeAliasType":
        return resolve(value, scope, where)
    return _subscripted(expression, scope, where)


def _class_type(cls: type, scope: Scope, where: str) -> Type:
    # by name: neither module is imported for classes that do not use it
    if issubclass(cls, ConfigClass):
        return ConfigType(cls)
    names = [f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__]
    if "enum.Enum" in names:
        made: Type = EnumType(cls)
    elif any(name.startswith("pathlib") for name in names):
        made = PathType()
    else:
        raise _unsupported(cls, scope, where)
    _SIMPLE[cls] = made
    return made


def _unsupported(expression: object, scope: Scope, where: str) -> DefinitionError:
    # on Python 3.10 list[int] says that it is a type
    if isinstance(expression, type) and typing.get_origin(expression) is None:
        shown = qualified(expression)
    else:
        shown = repr(expression)
    return DefinitionError(
        f"{qualified(scope.cls)}.{where}: {shown} is not a type that an argument can have; "
        f"expected one of {_SUPPORTED}"
    )


def _subscripted(expression: object, scope: Scope, where: str) -> Type:
    origin: object = typing.get_origin(expression)
    args = typing.get_args(expression)
    if origin is typing.Union or origin is types.UnionType:
        return _union(args, scope, where)
    if origin is typing.Literal:
        return LiteralType(args)
    if origin is typing.Annotated:
        return resolve(args[0], scope, where)
    if origin is tuple:
        return _tuple(args, scope, where)
    if isinstance(origin, type) and issubclass(origin, ConfigClass):
        return BoundType(origin, tuple(resolve(arg, scope, where) for arg in args))
    for origins, container, count in _CONTAINERS:
        if origin in origins and len(args) == count:
            return container(*[resolve(arg, scope, where) for arg in args])
    raise _unsupported(expression, scope, where)


def _tuple(args: tuple[object, ...], scope: Scope, where: str) -> Type:
    if len(args) == 2 and args[1] is Ellipsis:
        return TupleType((), resolve(args[0], scope, where))
    # tuple[()] has no argument, or one that is empty on Python 3.10
    parts = () if args == ((),) else args
    return TupleType(tuple(resolve(arg, scope, where) for arg in parts))


_CONTAINERS: tuple[tuple[tuple[object, ...], Callable[..., Type], int], ...] = (
    ((list, collections.abc.Sequence, collections.abc.MutableSequence), ListType, 1),
    ((set, frozenset, collections.abc.Set, collections.abc.MutableSet), SetType, 1),
    ((dict, collections.abc.Mapping, collections.abc.MutableMapping), DictType, 2),
)


def _union(args: tuple[object, ...], scope: Scope, where: str) -> Type:
    members = [arg for arg in args if arg is not None and arg is not type(None)]
    resolved = tuple(resolve(arg, scope, where) for arg in members)
    made = resolved[0] if len(resolved) == 1 else UnionType(resolved)
    return made if len(members) == len(args) else OptionalType(made)
