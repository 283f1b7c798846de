"""The types of arguments: scalars.

A type is data (`Type` objects, one a declared type) and closures made from it once:
`coerce` checks and converts a value; `encode` gives the bytes that count in identifiers.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from ._encoding import encode_any, encode_bool, encode_float, encode_int, encode_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._encoding import Encode


class Refused(Exception):
    """A value that a type does not take; the argument makes the message.

    Args:
        expected: what the type takes, in words.
        value: the value that was got.
        path: where inside the argument, such as "[3]['key']".
    """

    def __init__(self, expected: str, value: Any, path: str = "") -> None:
        super().__init__(expected, value, path)
        self.expected = expected
        self.value = value
        self.path = path


class Type:
    """A type of argument.

    Attributes:
        coerce: gives the value as this type has it, or raises `Refused`.
        encode: gives the bytes of a coerced value.
        holds_configs: whether a value may be or hold a configuration.
        only_paths: whether values consist of paths alone (which never count).
        plain: values of these exact types are taken as they are (None: no such shortcut).
        generic: whether it speaks of type variables, or of the arguments of a generic class.
    """

    __slots__ = ("coerce", "encode", "generic", "holds_configs", "only_paths", "plain")

    _name = "any"

    coerce: Callable[[Any], Any]
    encode: Encode
    holds_configs: bool
    only_paths: bool
    plain: type | None
    generic: bool

    def __init__(self) -> None:
        self.generic = False
        self.holds_configs = False
        self.only_paths = False
        self.plain = None

    def exact(self, value: Any) -> bool:
        """Whether the value is of this very type, without any conversion."""
        return type(value) is self.plain

    def validate(self, value: Any) -> Any:
        """The value as this type has it.

        Raises:
            ValueError: (also a TypeError) the type does not take it.
        """
        from .exceptions import ArgumentTypeError  # only for callers of their own

        try:
            return self.coerce(value)
        except Refused as refused:
            raise ArgumentTypeError(
                f"expected {refused.expected}, got {describe(refused.value)}"
            ) from None

    def optional(self) -> bool:
        """Whether None is a value of the type."""
        return False

    def parts(self) -> tuple[Type, ...]:
        """The types that it is made of."""
        return ()

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        """The same type made of other parts."""
        return self

    @property
    def name(self) -> str:
        """The type as text."""
        return str(self)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return str(self)


def describe(value: Any) -> str:
    """A value for messages: its type and a short representation."""
    shown = repr(value)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    return f"{type(value).__qualname__} {shown}"


def _unwrapped(value: Any) -> Any:
    """A NumPy or Torch scalar as the Python value; anything else as it is."""
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", None) == 0:
        return item()
    return value


def coerce_int(value: Any) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise Refused("int", value) from None
    if isinstance(value, float):
        if value.is_integer():
            return int(value)
        raise Refused("int", value)
    plain = _unwrapped(value)
    if plain is not value:
        return coerce_int(plain)
    try:
        return operator.index(value)
    except TypeError:
        raise Refused("int", value) from None


def coerce_float(value: Any) -> Any:
    if type(value) is float:
        return value
    if isinstance(value, (int, float, str)):
        try:
            return float(value)
        except (ValueError, OverflowError):
            raise Refused("float", value) from None
    plain = _unwrapped(value)
    if plain is not value:
        return coerce_float(plain)
    raise Refused("float", value)


_BOOLEANS = {"true": True, "false": False}


def coerce_bool(value: Any) -> Any:
    if type(value) is bool:
        return value
    if isinstance(value, str):
        found = _BOOLEANS.get(value.lower())
        if found is None:
            raise Refused("bool", value)
        return found
    if isinstance(value, (int, float)):
        if value in (0, 1):
            return value == 1
        raise Refused("bool", value)
    plain = _unwrapped(value)
    if plain is not value:
        return coerce_bool(plain)
    raise Refused("bool", value)


def coerce_str(value: Any) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    raise Refused("str", value)


def coerce_bytes(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    raise Refused("bytes", value)


def coerce_none(value: Any) -> Any:
    if value is None:
        return None
    raise Refused("None", value)


class _Scalar(Type):
    __slots__ = ()
    _coerce: Callable[[Any], Any]
    _encode: Encode
    _plain: type

    def __init__(self) -> None:
        super().__init__()
        cls = type(self)
        self.coerce = cls._coerce
        self.encode = cls._encode
        self.plain = cls._plain


class IntType(_Scalar):
    """`int`: takes `True`, `1.0` and `"5"`; refuses `1.5`."""

    __slots__ = ()
    _name = "int"
    _coerce = staticmethod(coerce_int)
    _encode = staticmethod(encode_int)
    _plain = int


class FloatType(_Scalar):
    """`float`: takes `1`, `True` and `"1.5"`."""

    __slots__ = ()
    _name = "float"
    _coerce = staticmethod(coerce_float)
    _encode = staticmethod(encode_float)
    _plain = float


class BoolType(_Scalar):
    """`bool`: takes 0, 1, `"true"` and `"false"`."""

    __slots__ = ()
    _name = "bool"
    _coerce = staticmethod(coerce_bool)
    _encode = staticmethod(encode_bool)
    _plain = bool


class StrType(_Scalar):
    """`str`: takes strings alone."""

    __slots__ = ()
    _name = "str"
    _coerce = staticmethod(coerce_str)
    _encode = staticmethod(encode_text)
    _plain = str


class BytesType(_Scalar):
    """`bytes`: takes `bytearray` too."""

    __slots__ = ()
    _name = "bytes"
    _coerce = staticmethod(coerce_bytes)
    _encode = staticmethod(encode_any)
    _plain = bytes


class NoneType(_Scalar):
    """None alone."""

    __slots__ = ()
    _name = "None"
    _coerce = staticmethod(coerce_none)
    _encode = staticmethod(encode_any)
    _plain = type(None)

    def optional(self) -> bool:
        return True


class PathType(Type):
    """`pathlib.Path`: takes `str` and anything with a file system path."""

    __slots__ = ()
    _name = "Path"

    def __init__(self) -> None:
        from pathlib import Path  # start-up time: a class without paths does without

        super().__init__()
        self.only_paths = True
        self.encode = encode_any

        def coerce(value: Any) -> Any:
            if isinstance(value, Path):
                return value
            if isinstance(value, str) or hasattr(value, "__fspath__"):
                return Path(value)
            raise Refused("Path (or str)", value)

        self.coerce = coerce

    def exact(self, value: Any) -> bool:
        from pathlib import PurePath

        return isinstance(value, PurePath)


class EnumType(Type):
    """An enumeration: takes its members alone."""

    __slots__ = ("cls",)

    def __init__(self, cls: type) -> None:
        super().__init__()
        self.cls = cls
        self.plain = cls
        self.encode = encode_any
        expected = f"a member of {cls.__qualname__}"

        def coerce(value: Any) -> Any:
            if isinstance(value, cls):
                return value
            raise Refused(expected, value)

        self.coerce = coerce

    def __str__(self) -> str:
        return self.cls.__qualname__

    def exact(self, value: Any) -> bool:
        return isinstance(value, self.cls)


class LiteralType(Type):
    """`Literal[...]` or `Choices([...])`: takes the values listed."""

    __slots__ = ("values",)

    def __init__(self, values: tuple[Any, ...]) -> None:
        super().__init__()
        self.values = values
        kinds = {type(value) for value in values}
        # a bool keeps the encoding of ints where no int could stand in its place
        self.encode = encode_any if kinds & {int} else _by_type
        expected = "one of " + ", ".join(repr(value) for value in values)

        def coerce(value: Any) -> Any:
            for known in values:
                if type(known) is type(value) and known == value:
                    return known
            raise Refused(expected, value)

        self.coerce = coerce

    def __str__(self) -> str:
        return f"Literal[{', '.join(repr(value) for value in self.values)}]"

    def exact(self, value: Any) -> bool:
        return any(type(known) is type(value) and known == value for known in self.values)

    def optional(self) -> bool:
        return None in self.values


def _by_type(value: Any, refs: Any, inner: bool, follow: bool) -> bytes:
    if type(value) is bool:
        return encode_bool(value, refs, inner, follow)
    return encode_any(value, refs, inner, follow)
