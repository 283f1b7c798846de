"""The schema of a configuration class, built when the class is first used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from xpm_config._encoding.scheme import encode_text, extended
from xpm_config._model.argument import UNSET, Argument, CountedArgument
from xpm_config._model.checks import is_config_class
from xpm_config._model.groups import Partial
from xpm_config._model.names import qualified
from xpm_config._model.state import ConfigClass, Schema
from xpm_config._types.collections import is_container
from xpm_config._types.configs import ConfigType
from xpm_config.exceptions import DefinitionError

from .annotations import Scope, declarations
from .fields import check_override, make_argument
from .hooks import class_hooks
from .resolution import resolve
from .type_variables import fixed_variables, specialized

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from .hooks import SubmitHook

_control = re.compile(r"[\x00-\x1f]").search


class TypeIdentifier(str):
    """The identifier of a configuration class, in lower case."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The identifier."""
        return str(self)


class ObjectType(ConfigType, Schema):
    """The schema of a configuration class.

    Attributes:
        basetype: the class as it was written.
        config_type: the class of its configuration objects (`A.C`).
        value_type: the class of its value objects.
        identifier: identifies the class in identifiers and folders.
        arguments: its arguments by name, inherited ones first.
        deprecated: whether the class is deprecated.
    """

    __slots__ = (
        "_counted",
        "arguments",
        "config_arguments",
        "config_type",
        "converts",
        "defaults",
        "deprecated",
        "generated",
        "holds_many",
        "identifier",
        "is_instance",
        "is_task",
        "old_arguments",
        "partials",
        "preimage_start",
        "required",
        "value_type",
    )

    REGISTERED: dict[type, ObjectType] = {}

    config_type: Any
    value_type: type
    deprecated: type | bool
    converts: Callable[[Any], Any] | None

    def __init__(self, cls: type, frames: list[FrameType]) -> None:
        super().__init__(cls)
        self.arguments: dict[str, Argument] = {}
        self.old_arguments: dict[str, Callable[..., Any]] = {}
        self.partials: dict[str, Partial] = {}
        self._counted: tuple[CountedArgument, ...] | None = None
        self.deprecated = False
        self.converts = None
        self.is_instance: bool = getattr(cls, "__xpm_instance__", False)
        self.is_task: bool = getattr(cls, "__xpm_task__", False)
        self.value_type = cls
        self._inherit(frames)
        self._declare(frames)
        self.set_identifier(_type_identifier(cls))
        arguments = self.arguments.values()
        self.generated = tuple(a for a in arguments if a.generator is not None)
        self.defaults = tuple(a for a in arguments if a.generator is None and not a.required)
        self.required = tuple(a for a in arguments if a.required)
        self.config_arguments = tuple(a for a in arguments if a.type.holds_configs)
        self.holds_many = any(is_container(a.type) for a in self.config_arguments)
        ObjectType.REGISTERED[cls] = self

    @property
    def basetype(self) -> type:
        """The class as it was written."""
        return self.cls

    def _inherit(self, frames: list[FrameType]) -> None:
        parents = [base.__xpmtype__ for base in self.cls.__bases__ if is_config_class(base)]
        fixed = fixed_variables(self.cls, frames)
        for parent in reversed(parents):
            for name, argument in parent.arguments.items():
                self.arguments[name] = specialized(argument, fixed) if fixed else argument
            self.old_arguments.update(parent.old_arguments)
            self.partials.update(parent.partials)

    def _declare(self, frames: list[FrameType]) -> None:
        cls = self.cls
        own = vars(cls)
        if "__annotations__" in own or "__annotate_func__" in own or "__annotate__" in own:
            scope = Scope(cls, frames)
            defaults = []
            for declaration in declarations(cls, scope):
                name = declaration.name
                given = own.get(name, UNSET)
                if given is not UNSET:
                    defaults.append(name)
                argument = make_argument(
                    cls, declaration, resolve(declaration.expression, scope, name), given
                )
                inherited = self.arguments.get(name)
                if inherited is not None:
                    check_override(argument, inherited)
                self.arguments[name] = argument
            for name in defaults:
                # a value object without a value must not read the default instead
                delattr(cls, name)
        for name, value in own.items():
            if isinstance(value, Partial):
                self.partials[name] = value
            elif getattr(value, "__xpm_old_argument__", False):
                self.old_arguments[name] = value

    def set_identifier(self, identifier: str) -> None:
        """Set what identifies the class (a deprecated one takes another's)."""
        self.identifier = TypeIdentifier(identifier.lower())
        if _control(self.identifier):
            self.preimage_start = extended(ord("N"), encode_text(self.identifier, {}, True, True))
        else:
            self.preimage_start = self.identifier.encode()

    @property
    def title(self) -> str:
        """The first paragraph of the class's documentation; its identifier without any."""
        from xpm_config._model.docstrings import (
            class_documentation,  # slow, for documentation alone
        )

        return class_documentation(self.cls)[0] or str(self.identifier)

    @property
    def description(self) -> str | None:
        """The class's documentation after the first paragraph, without that of arguments."""
        from xpm_config._model.docstrings import class_documentation

        return class_documentation(self.cls)[1]

    @property
    def submit_hooks(self) -> tuple[SubmitHook, ...]:
        """The hooks that decorate the class and those it derives from."""
        return class_hooks(self.cls)

    def getArgument(self, name: str) -> Argument:  # the name users know
        """Return the argument of this name.

        Raises:
            KeyError: there is no such argument.
        """
        return self.arguments[name]

    def parents(self) -> Iterator[Schema]:
        """Return the schemas of the configuration classes that it derives from directly."""
        for base in self.cls.__bases__:
            if is_config_class(base) and not _is_root(base):
                yield base.__xpmtype__

    def counted_arguments(self) -> tuple[CountedArgument, ...]:
        """Return the arguments that can count in identifiers, by name."""
        if self._counted is None:
            self._counted = tuple(
                CountedArgument(argument)
                for _, argument in sorted(self.arguments.items())
                if argument.generator is None
                and not argument.type.only_paths
                and (not argument.is_meta or argument.type.holds_configs)
            )
        return self._counted

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[type, str]]:
        return getattr, (self.cls, "__xpmtype__")

    def __repr__(self) -> str:
        return f"ObjectType({self.identifier})"


def _is_root(cls: type) -> bool:
    return ConfigClass in cls.__bases__


def _type_identifier(cls: type) -> str:
    given: str | Callable[[], object] | None = getattr(cls, "__xpmid__", None)
    if given is None:
        return qualified(cls)
    if isinstance(given, str):
        if "__xpmid__" in vars(cls):
            return given
        # a string names the class it is written in; descendants have their own names
        return qualified(cls)
    identifier = given()
    if not isinstance(identifier, str):
        raise DefinitionError(
            f"{qualified(cls)}.__xpmid__() is expected to return a str, got {identifier!r}"
        )
    return identifier
