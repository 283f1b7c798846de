"""The types of arguments: one of several types, or any value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._encoding.dynamic import encode_any
from xpm_config._encoding.scheme import encode_bool
from xpm_config._model.checks import check_submitted
from xpm_config._model.state import ConfigObject
from xpm_config._model.type import CONTAINERS, Refused, Type

from .enumerations import LiteralType
from .scalars import BoolType

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from xpm_config._model.type import Encode


class AnyType(Type):
    """Any value that can be written down (see `EncodingError`)."""

    __slots__ = ()
    _name = "Any"

    def __init__(self) -> None:
        super().__init__()
        self.holds_configs = True
        self.encode = encode_any
        self.coerce = _coerce_any

    def exact(self, value: object) -> bool:
        return False


# Values are visited by functions that recurse; configurations are not.
_DEEPEST = 100


def _coerce_any(value: object) -> Any:
    if isinstance(value, ConfigObject):
        check_submitted(value)
    elif isinstance(value, CONTAINERS):
        if not _check_elements(value, _DEEPEST):
            raise Refused(f"a value that nests at most {_DEEPEST} containers", value)
        if isinstance(value, (list, dict, set)):
            return value.copy()
    return value


def _check_elements(value: Collection[Any], depth: int) -> bool:
    """Refuse tasks that are not submitted; return whether it nests no deeper than this."""
    if not depth:
        return False
    for item in (*value, *value.values()) if isinstance(value, dict) else value:
        if isinstance(item, ConfigObject):
            check_submitted(item)
        elif isinstance(item, CONTAINERS) and not _check_elements(item, depth - 1):
            return False
    return True


class OptionalType(Type):
    """`T | None`."""

    __slots__ = ("inner",)

    def __init__(self, inner: Type) -> None:
        super().__init__()
        self.inner = inner
        self.generic = any(part.generic for part in self.parts())
        self.holds_configs = inner.holds_configs
        self.only_paths = inner.only_paths
        coerce_inner, encode_inner = inner.coerce, inner.encode

        def coerce(value: object) -> Any:
            if value is None:
                return None
            try:
                return coerce_inner(value)
            except Refused as refused:
                if refused.path:
                    raise
                raise Refused(f"{refused.expected} or None", value) from None

        def encode(value: object, refs: Mapping[int, bytes], nested: bool, follow: bool) -> bytes:
            return b"\x06" if value is None else encode_inner(value, refs, nested, follow)

        self.coerce = coerce
        self.encode = encode

    def parts(self) -> tuple[Type, ...]:
        return (self.inner,)

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        return OptionalType(*parts)

    def __str__(self) -> str:
        return f"{self.inner} | None"

    def exact(self, value: object) -> bool:
        return value is None or self.inner.exact(value)

    def optional(self) -> bool:
        return True


class UnionType(Type):
    """`A | B`: the member that is exactly the value's type, else the first that takes it."""

    __slots__ = ("members",)

    def __init__(self, members: tuple[Type, ...]) -> None:
        super().__init__()
        self.members = members
        self.generic = any(part.generic for part in self.parts())
        self.holds_configs = any(member.holds_configs for member in members)
        self.only_paths = all(member.only_paths for member in members)
        self.coerce = self._coerce
        self.encode = _union_encoder(members)

    def _coerce(self, value: object) -> Any:
        for member in self.members:
            if member.exact(value):
                return member.coerce(value)
        for member in self.members:
            try:
                return member.coerce(value)
            except Refused:
                continue
        raise Refused(self.name, value)

    def parts(self) -> tuple[Type, ...]:
        return self.members

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        return UnionType(parts)

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))

    def exact(self, value: object) -> bool:
        return any(member.exact(value) for member in self.members)

    def optional(self) -> bool:
        return any(member.optional() for member in self.members)


def _union_encoder(members: tuple[Type, ...]) -> Encode:
    """Return the encoder of a union: by the value's own type, a bool as an int where none can be.

    Containers go the same way, so that `list[bool] | list[int]` keeps `[True]` from `[1]`.
    """
    plain = {member.plain for member in members}
    mixed = any(isinstance(member, (AnyType, LiteralType)) for member in members)
    if any(isinstance(member, BoolType) for member in members) and not mixed and int not in plain:

        def encode(value: object, refs: Mapping[int, bytes], nested: bool, follow: bool) -> bytes:
            if type(value) is bool:
                return encode_bool(value, refs, nested, follow)
            return encode_any(value, refs, nested, follow)

        return encode
    return encode_any
