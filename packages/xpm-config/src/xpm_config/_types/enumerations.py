"""The types of arguments: those that list their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config._encoding.dynamic import encode_any
from xpm_config._encoding.scheme import encode_bool
from xpm_config._model.type import Refused, Type

if TYPE_CHECKING:
    from collections.abc import Mapping


class EnumType(Type):
    """An enumeration: takes its members alone."""

    __slots__ = ("cls",)

    def __init__(self, cls: type) -> None:
        super().__init__()
        self.cls = cls
        self.plain = cls
        self.encode = encode_any
        expected = f"a member of {cls.__qualname__}"

        def coerce(value: object) -> object:
            if isinstance(value, cls):
                return value
            raise Refused(expected, value)

        self.coerce = coerce

    def __str__(self) -> str:
        return self.cls.__qualname__

    def exact(self, value: object) -> bool:
        return isinstance(value, self.cls)


class LiteralType(Type):
    """`Literal[...]` or `Choices([...])`: takes the values listed."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[object, ...]) -> None:
        super().__init__()
        self.values = values
        kinds = {type(value) for value in values}
        # a bool keeps the encoding of ints where no int could stand in its place
        self.encode = encode_any if kinds & {int} else _by_type
        expected = "one of " + ", ".join(repr(value) for value in values)

        def coerce(value: object) -> object:
            for known in values:
                if type(known) is type(value) and known == value:
                    return known
            raise Refused(expected, value)

        self.coerce = coerce

    def __str__(self) -> str:
        return f"Literal[{', '.join(repr(value) for value in self.values)}]"

    def exact(self, value: object) -> bool:
        return any(type(known) is type(value) and known == value for known in self.values)

    def optional(self) -> bool:
        return None in self.values


def _by_type(value: object, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
    if type(value) is bool:
        return encode_bool(value, refs, inner, follow)
    return encode_any(value, refs, inner, follow)
