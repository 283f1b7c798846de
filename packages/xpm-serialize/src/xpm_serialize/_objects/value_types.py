"""The types of arguments, as value objects have them.

The types of arguments check configuration objects; where one names a configuration class, a
value object takes a value object of that class.
"""

from __future__ import annotations

from collections.abc import Callable

from xpm_config import Argument, Config
from xpm_config.types import (
    AnyType,
    ConfigType,
    OptionalType,
    Refused,
    Type,
    UnionType,
    VariableType,
)

#: Returns a value as its argument's type has it, or raises `Refused`
Check = Callable[[object], object]


class _ObjectType(AnyType):
    """Takes value objects of a configuration class and of its sub-classes."""

    __slots__ = ("cls",)

    def __init__(self, cls: type) -> None:
        super().__init__()
        self.cls = cls
        expected = f"an object of type {cls.__qualname__}"

        def coerce(value: object) -> object:
            # A deprecated class stands for another one.
            if isinstance(value, cls) or (
                isinstance(value, Config) and type(value).__getxpmtype__().converts
            ):
                return value
            raise Refused(expected, value)

        self.coerce = coerce

    def exact(self, value: object) -> bool:
        return isinstance(value, self.cls)

    def __str__(self) -> str:
        return self.cls.__qualname__


def value_check(argument: Argument) -> tuple[Check, set[type]]:
    """Return how the values of an argument are checked.

    Returns:
        The check, and the types that it takes as they are (their very objects: not those of
        sub-classes).
    """
    kind = _for_values(argument.type)
    check: Check = kind.coerce
    accepted = _plain_types(kind)
    if argument.generator is not None or argument.optional:
        # A generated path that was written before it was generated is None.
        accepted.add(type(None))
        check = _or_none(check)
    return check, accepted


def show_value(value: object) -> str:
    """Return a value for messages; users' objects may not be ready to be shown yet."""
    if isinstance(value, Config):
        return f"an object of type {type(value).__qualname__}"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 # users' code
        text = "a value"
    text = text if len(text) <= 80 else f"{text[:77]}..."
    return f"{type(value).__qualname__} {text}"


def _for_values(kind: Type) -> Type:
    if isinstance(kind, ConfigType):
        return _ObjectType(kind.cls)
    if isinstance(kind, VariableType) and kind.bound is not None:
        return _for_values(kind.bound)
    parts = kind.parts()
    if not kind.holds_configs or not parts:
        return kind
    return kind.rebuilt(tuple(_for_values(part) for part in parts))


def _plain_types(kind: Type) -> set[type]:
    if isinstance(kind, (OptionalType, UnionType)):
        found = {plain for part in kind.parts() for plain in _plain_types(part)}
        return found | {type(None)} if isinstance(kind, OptionalType) else found
    return set() if kind.plain is None else {kind.plain}


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)
