"""Arguments from their declarations: the annotation, and what stands right of `=`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._model.argument import UNSET, Argument
from xpm_config._model.generation import FunctionGenerator, is_generator
from xpm_config._model.locations import warn_at_class
from xpm_config._model.names import qualified
from xpm_config._types.configs import ConfigType
from xpm_config._types.enumerations import LiteralType
from xpm_config.exceptions import DefinitionError

from .hints import Field

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config._model.type import Type

    from .annotations import Declaration


def make_argument(owner: type, declaration: Declaration, type: Type, given: object) -> Argument:
    """Return the argument that a class declares.

    Args:
        owner: the class.
        declaration: its `Declaration`.
        type: its resolved type.
        given: what stands right of `=`: a `Field`, a bare default, or `UNSET`.

    Raises:
        DefinitionError: the declaration contradicts itself.
    """
    if declaration.choices is not None:
        type = LiteralType(declaration.choices.values)
    argument = Argument(declaration.name, owner, declaration.kind, type)
    argument._help = declaration.help
    if declaration.generator is not None:
        argument.generator = declaration.generator
        argument.required = False
    _apply_field(argument, given)
    if argument.constant and not argument.has_default:
        raise DefinitionError(
            f"{qualified(owner)}.{argument.name}: a constant needs a value, "
            f"such as `{argument.name}: Constant[{type}] = field(default=...)`"
        )
    return argument


def _apply_field(argument: Argument, given: object) -> None:
    """Apply a `field(...)` or a bare default to an argument.

    Raises:
        DefinitionError: it contradicts the declaration.
    """
    if given is UNSET:
        return
    if not isinstance(given, Field):
        _bare_default(argument, given)
        return
    argument.ignore_generated = given.ignore_generated
    argument.overrides = given.overrides
    argument.groups = given.groups
    if given.default is not UNSET:
        argument.set_default(given.default)
    elif given.default_factory is not None:
        _set_factory(argument, given.default_factory)
    if isinstance(given.ignore_default, bool) and (argument.has_default or argument.generator):
        argument.ignore_default = given.ignore_default
    elif given.ignore_default is not None:
        _old_ignore_default(argument, given)


def _set_factory(argument: Argument, factory: Callable[..., Any]) -> None:
    if is_generator(factory):
        argument.generator = factory
    elif getattr(getattr(factory, "__code__", None), "co_argcount", 0) >= 2:
        argument.generator = FunctionGenerator(factory)
    else:
        argument.default_factory = factory
    argument.required = False


def _bare_default(argument: Argument, value: object) -> None:
    if is_generator(value):
        argument.generator = value
        argument.required = False
        return
    argument.set_default(value)
    if argument.constant:
        return
    argument.ignore_default = True
    if not argument.is_meta:
        _warn(
            argument,
            f"the bare default `= {value!r}` does not count in identifiers; write "
            f"`= field(default={value!r}, ignore_default=True)` to keep it so, "
            f"or `= field(default={value!r})` to have it count",
        )


def _old_ignore_default(argument: Argument, given: Field) -> None:
    value: object = given.ignore_default
    if argument.has_default:
        raise DefinitionError(
            f"{qualified(argument.owner)}.{argument.name}: with a default, ignore_default is "
            f"expected to be True or False, got {value!r}"
        )
    argument.set_default(value)
    argument.ignore_default = True
    _warn(
        argument,
        f"field(ignore_default={value!r}) is the older spelling of "
        f"field(default={value!r}, ignore_default=True)",
    )


def _warn(argument: Argument, message: str) -> None:
    message = f"{qualified(argument.owner)}.{argument.name}: {message}"
    warn_at_class(argument.owner, message, DeprecationWarning)


def check_override(argument: Argument, inherited: Argument) -> None:
    """Refuse an argument that does not fit the inherited one it replaces.

    Raises:
        DefinitionError: its type is another one.
    """
    place = f"{qualified(argument.owner)}.{argument.name}"
    new, old = argument.type, inherited.type
    if isinstance(new, ConfigType) and isinstance(old, ConfigType):
        if not issubclass(new.cls, old.cls):
            raise DefinitionError(
                f"{place}: the type {new} is not a subtype of {old}, "
                f"which {qualified(inherited.owner)} declares"
            )
    elif str(new) != str(old):
        raise DefinitionError(
            f"{place}: the type {new} is not compatible with {old}, "
            f"which {qualified(inherited.owner)} declares"
        )
    if not argument.overrides:
        warn_at_class(
            argument.owner,
            f"{place} replaces the argument of {qualified(inherited.owner)}; "
            "say so by field(overrides=True)",
            UserWarning,
        )
