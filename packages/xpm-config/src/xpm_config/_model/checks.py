"""Questions to ask of values: is it a configuration, does it count, may it be used?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from xpm_config.exceptions import UnsetArgumentError, UnsubmittedTaskError

from .state import ConfigClass, ConfigObject

if TYPE_CHECKING:
    from .state import ConfigState


def is_config_class(cls: type) -> TypeGuard[type[ConfigClass]]:
    """Return whether a class is a configuration class (or the base of all)."""
    return issubclass(cls, ConfigClass) and cls is not ConfigClass


def checked_info(config: object) -> ConfigState:
    """Return the state of a configuration object.

    Raises:
        TypeError: it is not a configuration object.
    """
    if not isinstance(config, ConfigObject):
        kind = type(config).__qualname__
        shown = f"a value object of {kind}" if isinstance(config, ConfigClass) else repr(config)
        raise TypeError(f"expected a configuration (what `A.C(...)` gives), got {shown}")
    return config.__xpm__


def is_meta(value: object) -> bool:
    """Return whether the value is a configuration that was marked as not counting."""
    return isinstance(value, ConfigObject) and value.__xpm__.meta is True


def check_submitted(config: ConfigObject) -> None:
    """Refuse a task that has not been submitted.

    Raises:
        UnsubmittedTaskError: it has not.
    """
    if config.__xpm_task__ and config.__xpm__.task is None:
        raise UnsubmittedTaskError(
            f"the task {config.__xpm__.shown} is used "
            "as a value before it has been submitted; call .submit() and use what it returns"
        )


def unset(info: ConfigState, names: list[str]) -> UnsetArgumentError:
    """Return the error that required arguments have no value."""
    shown = ", ".join(f"'{name}'" for name in names)
    return UnsetArgumentError(
        f"{info.shown}: no value for the required argument{'s' if len(names) > 1 else ''} {shown}"
    )
