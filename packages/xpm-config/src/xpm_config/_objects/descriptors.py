"""The arguments of configuration objects as attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config.exceptions import UnsetArgumentError

from .values import assign

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config._model.argument import Argument
    from xpm_config._model.state import ConfigObject


class ArgumentAttribute:
    """Reads and writes an argument of a configuration object."""

    __slots__ = ("argument", "name")

    def __init__(self, argument: Argument) -> None:
        self.argument = argument
        self.name = argument.name

    def __get__(self, config: ConfigObject | None, owner: type | None = None) -> Any:
        if config is None:
            return self.argument
        try:
            return config.__xpm__.values[self.name]
        except KeyError:
            info = config.__xpm__
            raise UnsetArgumentError(
                f"{info.shown}: '{self.name}' "
                + (
                    "is generated when the configuration is sealed"
                    if self.argument.generator is not None
                    else "has no value"
                )
            ) from None

    def __set__(self, config: ConfigObject, value: object) -> None:
        assign(config.__xpm__, self.argument, value)

    def __delete__(self, config: ConfigObject) -> None:
        raise AttributeError(
            f"{config.__xpm__.shown}: the argument '{self.name}' cannot be deleted, only set"
        )


class OldArgumentAttribute:
    """Writes an argument that has another name now, by a method of the user's."""

    __slots__ = ("function", "name")

    def __init__(self, name: str, function: Callable[[Any, Any], object]) -> None:
        self.name = name
        self.function = function

    def __get__(self, config: object, owner: type | None = None) -> Any:
        raise AttributeError(f"'{self.name}' is deprecated: it can be set, but not read")

    def __set__(self, config: ConfigObject, value: object) -> None:
        self.function(config, value)
