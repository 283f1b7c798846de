"""Setting the values of a configuration's arguments, and what they are checked against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config._declarations.type_variables import bind
from xpm_config._model.argument import UNSET
from xpm_config._model.conversion import warn_deprecated
from xpm_config._model.locations import user_location
from xpm_config._model.names import nearest, qualified
from xpm_config._model.type import Refused
from xpm_config.exceptions import ReadOnlyError, SealedError, UnknownArgumentError

from .sealing import check_generated
from .tags import Wrapped, set_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_config._model.argument import Argument
    from xpm_config._model.state import ConfigState


def fill(info: ConfigState, given: Mapping[str, object]) -> None:
    """Set the values that a constructor was given, then the defaults.

    Raises:
        UnknownArgumentError: there is no argument of a name.
        ArgumentTypeError: a value does not have its argument's type.
    """
    schema = info.xpmtype
    arguments, values = schema.arguments, info.values
    if schema.deprecated:
        warn_deprecated(schema)
    for name, value in given.items():
        argument = arguments.get(name)
        if argument is None:
            _set_unknown(info, name, value)
        elif type(value) is Wrapped:
            _assign_wrapped(info, argument, value)
        elif argument.kind == "constant":
            _check_constant(argument, value)
        else:
            try:
                values[name] = argument.coerce(value)
            except Refused:
                argument.validate(value)
            if argument.type.holds_configs:
                _check_configs(info, argument, values[name])
    for argument in schema.defaults:
        if argument.name not in values:
            if argument.default is UNSET and argument.default_factory is None:
                values[argument.name] = None
            elif argument.fresh_default or argument.default_factory is not None:
                values[argument.name] = argument.make_default()
            else:
                values[argument.name] = argument.default


def assign(info: ConfigState, argument: Argument, value: object) -> None:
    """Set the value of an argument.

    Raises:
        SealedError: the configuration is sealed.
        ReadOnlyError: the argument is a constant.
        ArgumentTypeError: the value does not have the argument's type.
    """
    if info.sealed:
        raise SealedError(
            f"{info.shown} is sealed: '{argument.name}' cannot be set; change a copy (`.copy()`)"
        )
    if type(value) is Wrapped:
        _assign_wrapped(info, argument, value)
        return
    if argument.constant:
        _check_constant(argument, value)
        return
    coerced = argument.validate(value)
    if argument.type.holds_configs:
        _check_configs(info, argument, coerced)
    info.values[argument.name] = coerced
    info.validated = False
    if argument.name in info.stopped:
        info.stopped = set(info.stopped) - {argument.name}


def set_meta(info: ConfigState, flag: bool | None) -> None:
    """Set whether a configuration counts where it is held (see `setmeta`).

    Raises:
        SealedError: it is sealed.
    """
    if info.sealed and info.meta is not flag:
        raise SealedError(f"{info.shown} is sealed")
    info.meta = flag


def _assign_wrapped(info: ConfigState, argument: Argument, wrapped: Wrapped) -> None:
    """Set a value that comes with a tag, or whose tags are to stop."""
    assign(info, argument, wrapped.value)
    if wrapped.tagged:
        set_tag(info, argument.name, wrapped.value)
    if wrapped.stopped:
        info.stopped = {*info.stopped, argument.name}


def _check_constant(argument: Argument, value: object) -> None:
    if value != argument.default:
        raise ReadOnlyError(
            f"{qualified(argument.owner)}.{argument.name} is a constant "
            f"({argument.default!r}): it cannot be set to {value!r} "
            f"(set at {user_location()})"
        )


def _check_configs(info: ConfigState, argument: Argument, value: object) -> None:
    if info.xpmtype.is_task and not argument.ignore_generated:
        check_generated(argument, value, info.xpmtype.full_name)
    if argument.type.generic:
        bind(info, argument, value)


def _set_unknown(info: ConfigState, name: str, value: object) -> None:
    old = info.xpmtype.old_arguments.get(name)
    if old is None:
        known = info.xpmtype.arguments
        takes = f"it has {', '.join(known)}" if known else "it has no arguments"
        raise UnknownArgumentError(
            f"{info.xpmtype.full_name} has no argument '{name}'{nearest(name, known)} "
            f"({takes}) (set at {user_location()})"
        )
    setattr(info.pyobject, name, value)
