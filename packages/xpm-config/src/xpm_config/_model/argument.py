"""One argument of a configuration class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._declarations.hints import CONSTANT, DATA, META
from xpm_config._encoding.scheme import is_meta
from xpm_config._objects.copying import clone_value
from xpm_config.exceptions import ArgumentTypeError, DefinitionError, OwnedPathError

from .markers import UNSET, ConfigObject, class_location, qualified, user_location
from .nested import CONTAINERS, nested_configs
from .type import Refused, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .groups import ParameterGroup
    from .type import Type

_ABSENT_MUTABLE = (list, dict, set)


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

    encode: Callable[[Any, Mapping[int, bytes], bool, bool], bytes]

    def __init__(self, name: str, owner: type, kind: str, type: Type) -> None:
        self.name = name
        self.owner = owner
        self.kind = kind
        self.type = type
        self.default: Any = UNSET
        self.default_factory: Callable[[], Any] | None = None
        self.generator: Any = None
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
        """Gives it another type, which its default must have too."""
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

    ignored = is_meta

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
        """Its documentation, found in the class's source (None without any)."""
        if self._help is None:
            # parsing sources is slow and needed by documentation alone
            from .docstrings import argument_help

            self._help = argument_help(self.owner, self.name) or ""
        return self._help or None

    @help.setter
    def help(self, text: str | None) -> None:
        self._help = text

    def set_default(self, value: Any) -> None:
        """Gives it a default value, checked.

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
        self.fresh_default = isinstance(self.default, (*CONTAINERS, ConfigObject))
        self.required = False

    def make_default(self) -> Any:
        """The default value of one more configuration."""
        if self.default_factory is not None:
            return self.validate(self.default_factory(), "default_factory")
        if self.fresh_default and self.type.holds_configs:
            return clone_value(self.default)
        return _copy_containers(self.default) if self.fresh_default else self.default

    def validate(self, value: Any, source: str = "") -> Any:
        """The value as the type has it.

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

    def check_generated(self, value: Any, taker: str) -> None:
        """Refuses a configuration whose generated paths belong to another task.

        Args:
            value: a value of this argument.
            taker: the type of the task that would hold it.

        Raises:
            OwnedPathError: it holds such a configuration.
        """
        found: list[Any] = []
        nested_configs(value, found)
        for config in found:
            info = config.__xpm__
            if info.has_generated and info.task is None:
                raise OwnedPathError(
                    f"{taker}.{self.name}: {info.shown} "
                    f"holds paths generated for {info.owner_title()}; give a copy "
                    "(`.copy()`), or declare the argument with field(ignore_generated=True)"
                )

    def default_bytes(self, identify: Callable[[Any], bytes]) -> bytes:
        """The encoding of the default value, which does not count.

        Args:
            identify: gives the encoding of a value of this argument.
        """
        if self._default_bytes is None:
            self._default_bytes = identify(self.make_default())
        return self._default_bytes

    def counts(self, value: Any) -> bool:
        """Whether this value counts in identifiers, whatever the default."""
        if self.is_meta:
            return isinstance(value, ConfigObject) and value.__xpm__.meta is False
        if self.generator is not None or self.type.only_paths:
            return False
        return not is_meta(value)

    def __repr__(self) -> str:
        return f"{self.kind.capitalize()}[{self.name}: {self.type}]"


def _or_none(coerce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else coerce(value)


def _copy_containers(value: Any) -> Any:
    """A copy of lists, sets and dictionaries, down to what they hold."""
    if isinstance(value, list):
        return [_copy_containers(item) for item in value]
    if isinstance(value, dict):
        return {name: _copy_containers(item) for name, item in value.items()}
    if isinstance(value, set):
        return set(value)
    if isinstance(value, tuple):
        return tuple(_copy_containers(item) for item in value)
    return value
