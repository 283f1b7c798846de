"""The arguments of configuration objects as attributes."""

from __future__ import annotations

from typing import Any

from xpm_config.exceptions import UnsetArgumentError


class ArgumentAttribute:
    """Reads and writes an argument of a configuration object."""

    __slots__ = ("argument", "name")

    def __init__(self, argument: Any) -> None:
        self.argument = argument
        self.name = argument.name

    def __get__(self, config: Any, owner: type | None = None) -> Any:
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

    def __set__(self, config: Any, value: Any) -> None:
        config.__xpm__.set(self.argument, value)

    def __delete__(self, config: Any) -> None:
        raise AttributeError(
            f"{config.__xpm__.shown}: the argument '{self.name}' cannot be deleted, only set"
        )


class OldArgumentAttribute:
    """Writes an argument that has another name now, by a method of the user's."""

    __slots__ = ("function", "name")

    def __init__(self, name: str, function: Any) -> None:
        self.name = name
        self.function = function

    def __get__(self, config: Any, owner: type | None = None) -> Any:
        raise AttributeError(f"'{self.name}' is deprecated: it can be set, but not read")

    def __set__(self, config: Any, value: Any) -> None:
        self.function(config, value)
