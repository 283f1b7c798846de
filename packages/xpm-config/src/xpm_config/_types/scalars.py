"""The types of arguments: scalars and paths."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from xpm_config._encoding.dynamic import encode_any
from xpm_config._encoding.scheme import encode_bool, encode_float, encode_int, encode_text
from xpm_config._model.type import Refused, Type

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config._model.type import Encode


def _unwrapped(value: object) -> object:
    """Return a NumPy or Torch scalar as the Python value; anything else as it is."""
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", None) == 0:
        plain: object = item()
        return plain
    return value


def coerce_int(value: object) -> int:
    if type(value) is int:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        whole, _, fraction = value.rstrip().partition(".")
        # "1.0" is taken as the float 1.0 is
        text = whole if fraction and not fraction.strip("0") and whole.strip() else value
        try:
            return int(text)
        except ValueError:
            raise Refused("int", value) from None
    if isinstance(value, float):
        if value.is_integer():
            return int(value)
        raise Refused("int", value)
    plain = _unwrapped(value)
    if plain is not value:
        return coerce_int(plain)
    number: Any = value
    try:
        return operator.index(number)
    except TypeError:
        raise Refused("int", value) from None


def coerce_float(value: object) -> float:
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


def coerce_bool(value: object) -> bool:
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


def coerce_str(value: object) -> str:
    if type(value) is str:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    raise Refused("str", value)


def coerce_bytes(value: object) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    raise Refused("bytes", value)


def coerce_none(value: object) -> None:
    if value is None:
        return None
    raise Refused("None", value)


class _Scalar(Type):
    """A type without parts, whose values are of one Python type."""

    __slots__ = ()
    _plain: type
    _closures: tuple[Callable[[object], object], Encode]

    def __init_subclass__(
        cls, plain: type, coerce: Callable[[object], object], encode: Encode
    ) -> None:
        cls._name = "None" if plain is type(None) else plain.__name__
        cls._plain = plain
        cls._closures = (coerce, encode)

    def __init__(self) -> None:
        super().__init__()
        self.coerce, self.encode = self._closures
        self.plain = self._plain


class IntType(_Scalar, plain=int, coerce=coerce_int, encode=encode_int):
    """`int`: takes `True`, `1.0` and `"5"`; refuses `1.5`."""

    __slots__ = ()


class FloatType(_Scalar, plain=float, coerce=coerce_float, encode=encode_float):
    """`float`: takes `1`, `True` and `"1.5"`."""

    __slots__ = ()


class BoolType(_Scalar, plain=bool, coerce=coerce_bool, encode=encode_bool):
    """`bool`: takes 0, 1, `"true"` and `"false"`."""

    __slots__ = ()


class StrType(_Scalar, plain=str, coerce=coerce_str, encode=encode_text):
    """`str`: takes strings alone."""

    __slots__ = ()


class BytesType(_Scalar, plain=bytes, coerce=coerce_bytes, encode=encode_any):
    """`bytes`: takes `bytearray` too."""

    __slots__ = ()


class NoneType(_Scalar, plain=type(None), coerce=coerce_none, encode=encode_any):
    """None alone."""

    __slots__ = ()

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

        def coerce(value: object) -> Any:
            if isinstance(value, Path):
                return value
            if isinstance(value, str) or hasattr(value, "__fspath__"):
                return Path(value)
            raise Refused("Path (or str)", value)

        self.coerce = coerce

    def exact(self, value: object) -> bool:
        from pathlib import PurePath

        return isinstance(value, PurePath)
