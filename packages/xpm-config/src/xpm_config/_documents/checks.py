"""Checks of plain data: its class, its keys and its values; and the empty configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._model.display import describe
from xpm_config._model.names import nearest, qualified
from xpm_config._model.state import ConfigClass, ConfigObject
from xpm_config._model.type import Refused, Type
from xpm_config.exceptions import ConfigError

from .errors import Fault, Place, inner
from .lookup import find_class

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from xpm_config._model.state import ConfigState, Schema

# Keys that do not name arguments.
SPECIAL = ("$type", "$id", "$version")


def class_of(data: dict[str, Any], declared: type | None, place: Place) -> type[ConfigClass]:
    """Return the class of a configuration: the declared one, or the one that the data names."""
    name: object = data.get("$type")
    if name is None:
        if declared is None or not issubclass(declared, ConfigClass) or _is_root(declared):
            raise Fault(place, "the class is not known here: name it under '$type'")
        return declared
    at = inner(place, "$type")
    if not isinstance(name, str):
        raise Fault(at, f"expected module:Class, got {describe(name)}")
    try:
        cls = find_class(name)
    except LookupError as error:
        raise Fault(at, str(error)) from None
    if declared is not None and not issubclass(cls, declared):
        raise Fault(at, f"{name} is not a {qualified(declared)}")
    return cls


def with_defaults(cls: type[ConfigClass], place: Place) -> ConfigObject:
    """Return a configuration of a class that has its defaults alone."""
    config_type: type[ConfigObject] = cls.__xpmtype__.config_type
    try:
        made = object.__new__(config_type)
    except TypeError as error:  # it has abstract methods
        raise Fault(place, str(error)) from None
    config_type.__init__(made)
    return made


def check_names(schema: Schema, data: Iterable[str], place: Place) -> None:
    """Refuse a key that does not name an argument."""
    arguments = schema.arguments
    for name in data:
        if name not in arguments and name not in SPECIAL and name not in schema.old_arguments:
            near = nearest(str(name), arguments)
            message = f"{schema.full_name} has no argument '{name}'{near}"
            raise Fault(inner(place, name), message, key=True)


def check_complete(info: ConfigState, given: Container[str], place: Place) -> None:
    """Refuse data that lacks a required argument."""
    missing = [a.name for a in info.xpmtype.required if a.name not in given]
    if missing:
        shown = ", ".join(f"'{name}'" for name in missing)
        raise Fault(place, f"no value for the required {shown} of {info.xpmtype.full_name}")


def coerced(value: object, type: Type, place: Place) -> object:
    """Return a value as a type has it."""
    try:
        found: object = type.coerce(value)
        return found
    except Refused as refused:
        got = describe(refused.value)
        raise Fault(place, f"expected {refused.expected}, got {got}") from None
    except ConfigError as error:
        raise Fault(place, str(error)) from None


def _is_root(cls: type[ConfigClass]) -> bool:
    return not cls.__xpmtype__.arguments and cls.__name__ == "Config"
