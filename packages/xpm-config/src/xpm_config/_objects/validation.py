"""Validation: all that is required is set, and `__validate__` agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config._model.checks import unset
from xpm_config._model.traversal import postorder
from xpm_config.exceptions import ConfigError, ConfigValidationError

if TYPE_CHECKING:
    from xpm_config._model.state import ConfigObject, ConfigState


def check_complete(info: ConfigState) -> None:
    """Refuse a configuration whose required arguments are not all set.

    Raises:
        UnsetArgumentError: it names them and the place where the configuration was created.
    """
    values = info.values
    missing = [a.name for a in info.xpmtype.required if a.name not in values]
    if missing:
        raise unset(info, missing)


def validate(root: ConfigObject) -> None:
    """Validate what a configuration holds, then the configuration itself.

    Raises:
        UnsetArgumentError: an argument without a default has no value.
        ConfigValidationError: a `__validate__` raised an error.
    """
    for config in postorder(root, lambda info: info.sealed and info.validated):
        info = config.__xpm__
        check_complete(info)
        try:
            config.__validate__()
        except ConfigError:
            raise
        except Exception as error:
            raise ConfigValidationError(f"{info.shown}: {error}") from error
        info.validated = True
