"""One argument of a configuration class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from xpm_config.exceptions import ArgumentTypeError, DefinitionError

from .display import describe
from .locations import class_location, user_location
from .names import qualified
from .type import CONTAINERS, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from .generation import Generator
    from .groups import ParameterGroup
    from .type import Encode, Type

PARAM, META, CONSTANT, DATA = "param", "meta", "constant", "data"


class Unset:
    """The absence of a value, where None is one."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = Unset()


class Argument:
    """An argument of a configuration class.

    Attributes:
        name: its name.
        owner: the class that declares it.
        type: the type of its values.
        kind: "param", "meta", "constant" or "data".
        default: the default value (`UNSET` without one, or with a factory).
        default_factory: makes the default value of each configuration, or None.
        generator: a `PathGenerator` that gives the value when sealing, or None.
        ignore_default: a value equal to the default does not count in identifiers.
        ignore_generated: the value may hold paths generated for another task.
        overrides: it deliberately replaces an inherited argument.
        groups: groups for partial identifiers.
        required: it must be given a value.
        optional: its type takes None.
        fresh_default: each configuration gets a copy of the default.
        prefix: the bytes that stand before its value in a preimage.
    """

    __slots__ = (
        "_default_bytes",
        "_help",
        "coerce",
        "default",
        "default_factory",
        "encode",
        "fresh_default",
        "generator",
        "groups",
        "ignore_default",
        "ignore_generated",
        "kind",
        "name",
        "optional",
        "overrides",
        "owner",
        "prefix",
        "required",
        "type",
    )

    #: Copies a value and the configurations in it. How these are copied is the business of
    #: `_objects.copying`, which gives the function.
    clone_value: ClassVar[Callable[[Any], Any]]

    encode: Encode

    def __init__(self, name: str, owner: type, kind: str, type: Type) -> None:
        self.name = name
        self.owner = owner
        self.kind = kind
        self.type = type
        self.default: Any = UNSET
        self.default_factory: Callable[[], Any] | None = None
        self.generator: Generator | None = None
        self.ignore_default = False
        self.ignore_generated = False
        self.overrides = False
        self.groups: frozenset[ParameterGroup] = frozenset()
        self.optional = type.optional()
        self.required = not self.optional
        self.fresh_default = False
        self.coerce = type.coerce
        self.encode = type.encode
        self.prefix = b"\x03" + name.encode() + b"\x05"
        self._default_bytes: bytes | None = None
        self._help: str | None = None

    def retype(self, type: Type) -> None:
        """Give it another type, which its default must have too."""
        self.type = type
        self.coerce = type.coerce
        self.encode = type.encode
        if self.default is not UNSET:
            self.set_default(self.default)

    @property
    def has_default(self) -> bool:
        """Whether a configuration gets a value without one being given."""
        return self.default is not UNSET or self.default_factory is not None

    @property
    def is_meta(self) -> bool:
        """Whether it does not count in identifiers."""
        return self.kind == META or self.kind == DATA

    ignored = is_meta  # the name that 2.x users know

    @property
    def is_data(self) -> bool:
        """Whether its value is a path that serialization carries along."""
        return self.kind == DATA

    @property
    def constant(self) -> bool:
        """Whether its value cannot be changed."""
        return self.kind == CONSTANT

    @property
    def help(self) -> str | None:
        """Its documentation, read from the class's source (None without any)."""
        if self._help is None:
            # parsing sources is slow and needed by documentation alone
            from .docstrings import argument_help

            self._help = argument_help(self.owner, self.name) or ""
        return self._help or None

    @help.setter
    def help(self, text: str | None) -> None:
        self._help = text

    def set_default(self, value: object) -> None:
        """Give it a default value, checked.

        Raises:
            DefinitionError: the type does not take it.
        """
        if value is None and not self.optional:
            # `x: Param[int] = None` has always meant that None is allowed
            self.optional = True
            self.coerce = _or_none(self.coerce)
            encode = self.encode
            self.encode = lambda v, refs, inner, follow: (
                b"\x06" if v is None else encode(v, refs, inner, follow)
            )
        try:
            self.default = self.coerce(value)
        except Refused as refused:
            raise DefinitionError(
                f"{qualified(self.owner)}.{self.name}: the default value"
                f"{refused.path} is not of the declared type: expected {refused.expected}, "
                f"got {describe(refused.value)}"
            ) from None
        is_config = hasattr(self.default, "__xpm__")
        self.fresh_default = is_config or isinstance(self.default, CONTAINERS)
        self.required = False

    def make_default(self) -> Any:
        """Return the default value of one more configuration."""
        if self.default_factory is not None:
            return self.validate(self.default_factory(), "default_factory")
        if self.fresh_default and self.type.holds_configs:
            return Argument.clone_value(self.default)
        return _copy_containers(self.default) if self.fresh_default else self.default

    def validate(self, value: object, source: str = "") -> Any:
        """Return the value as the type has it.

        Args:
            value: a value.
            source: where it comes from, if not from the caller.

        Raises:
            ArgumentTypeError: the type does not take it; the message says where it was set.
        """
        try:
            return self.coerce(value)
        except Refused as refused:
            where = (
                f"({source}; class defined at {class_location(self.owner)})"
                if source
                else f"(set at {user_location()})"
            )
            raise ArgumentTypeError(
                f"{qualified(self.owner)}.{self.name}{refused.path}: "
                f"expected {refused.expected}, got {describe(refused.value)} {where}"
            ) from None

    def default_bytes(self, encode: Callable[[Any], bytes]) -> bytes:
        """Return the encoding of the default value, which does not count.

        Args:
            encode: gives the encoding of a value of this argument.
        """
        if self._default_bytes is None:
            self._default_bytes = encode(self.make_default())
        return self._default_bytes

    def __repr__(self) -> str:
        return f"{self.kind.capitalize()}[{self.name}: {self.type}]"


class CountedArgument:
    """What identifiers need of an argument that can count.

    Attributes:
        name: its name.
        argument: the argument.
        prefix: the bytes that stand before its value in a preimage.
        encode: gives the bytes of its value.
        holds_configs: whether a value may be or hold a configuration.
        is_meta: whether it counts only where its configuration was marked so by `setmeta`.
        ignore_default: whether a value equal to the default does not count.
        ignore_none: whether None does not count: it says nothing, since there is no default,
            or it is the default.
    """

    __slots__ = (
        "argument",
        "encode",
        "holds_configs",
        "ignore_default",
        "ignore_none",
        "is_meta",
        "name",
        "prefix",
    )

    encode: Encode

    def __init__(self, argument: Argument) -> None:
        self.name = argument.name
        self.argument = argument
        self.prefix = argument.prefix
        self.encode = argument.encode
        self.holds_configs = argument.type.holds_configs
        self.is_meta = argument.is_meta
        self.ignore_default = argument.ignore_default
        self.ignore_none = (
            argument.optional
            and argument.default_factory is None
            and (argument.default is UNSET or argument.default is None)
        )


def _or_none(coerce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else coerce(value)


def _copy_containers(value: Any) -> Any:
    """Return a copy of lists, sets and dictionaries, down to what they hold."""
    if isinstance(value, list):
        return [_copy_containers(item) for item in value]
    if isinstance(value, dict):
        return {name: _copy_containers(item) for name, item in value.items()}
    if isinstance(value, set):
        return set(value)
    if isinstance(value, tuple):
        return tuple(_copy_containers(item) for item in value)
    return value
