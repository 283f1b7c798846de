"""What all types of arguments are.

A type is data (`Type` objects, one a declared type) and closures made from it once:
`coerce` checks and converts a value; `encode` gives the bytes that count in identifiers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config.exceptions import ArgumentTypeError

from .display import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # (value, references to the configurations in it, whether it is inside a container,
    # whether what follows could be read as a dictionary's key) → bytes
    Encode = Callable[[Any, Mapping[int, bytes], bool, bool], bytes]

CONTAINERS = (list, tuple, dict, set, frozenset)
"""The types whose values hold others."""


class Refused(Exception):
    """A value that a type does not take; the argument makes the message.

    Args:
        expected: what the type takes, in words.
        value: the value that was got.
        path: where inside the argument, such as "[3]['key']".
    """

    def __init__(self, expected: str, value: object, path: str = "") -> None:
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
        generic: whether it names type variables, or the arguments of a generic class.
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

    def exact(self, value: object) -> bool:
        """Return whether the value is of this very type, without any conversion."""
        return type(value) is self.plain

    def validate(self, value: object) -> Any:
        """Return the value as this type has it.

        Raises:
            ValueError: (also a TypeError) the type does not take it.
        """
        try:
            return self.coerce(value)
        except Refused as refused:
            raise ArgumentTypeError(
                f"expected {refused.expected}, got {describe(refused.value)}"
            ) from None

    def optional(self) -> bool:
        """Return whether None is a value of the type."""
        return False

    def parts(self) -> tuple[Type, ...]:
        """Return the types that it is made of."""
        return ()

    def rebuilt(self, parts: tuple[Type, ...]) -> Type:
        """Return the same type made of other parts."""
        return self

    @property
    def name(self) -> str:
        """The type as text."""
        return str(self)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return str(self)
