"""What a configuration is made of when it is read from plain data, and checks of the data."""

from __future__ import annotations

from typing import Any

from xpm_config._model.display import describe
from xpm_config._model.names import nearest, qualified
from xpm_config._model.type import Refused, Type
from xpm_config.exceptions import ConfigError

from .errors import Fault, Place, inner
from .lookup import find_class

# Keys that are no arguments.
SPECIAL = ("$type", "$id", "$version")


def class_of(data: dict[str, Any], declared: Any, place: Place) -> Any:
    """The class of a configuration: the declared one, or the one that the data names."""
    name = data.get("$type")
    if name is None:
        if declared is None or _is_root(declared):
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


def with_defaults(cls: Any, place: Place) -> Any:
    """A configuration of a class that has its defaults alone."""
    try:
        made = object.__new__(cls.C)
    except TypeError as error:  # it has abstract methods
        raise Fault(place, str(error)) from None
    type(made).__init__(made)
    return made


def check_names(schema: Any, data: dict[str, Any], place: Place) -> None:
    """Refuses a key that is no argument."""
    arguments = schema.arguments
    for name in data:
        if name not in arguments and name not in SPECIAL and name not in schema.old_arguments:
            near = nearest(str(name), arguments)
            message = f"{schema.full_name} has no argument '{name}'{near}"
            raise Fault(inner(place, name), message, key=True)


def check_complete(info: Any, given: dict[str, Any], place: Place) -> None:
    """Refuses data that lacks a required argument."""
    missing = [a.name for a in info.xpmtype.required if a.name not in given]
    if missing:
        shown = ", ".join(f"'{name}'" for name in missing)
        raise Fault(place, f"no value for the required {shown} of {info.xpmtype.full_name}")


def coerced(value: Any, type: Type, place: Place) -> Any:
    """A value as a type has it."""
    try:
        return type.coerce(value)
    except Refused as refused:
        got = describe(refused.value)
        raise Fault(place, f"expected {refused.expected}, got {got}") from None
    except ConfigError as error:
        raise Fault(place, str(error)) from None


def _is_root(cls: type) -> bool:
    return not cls.__xpmtype__.arguments and cls.__name__ == "Config"  # type: ignore[attr-defined] # a Config
