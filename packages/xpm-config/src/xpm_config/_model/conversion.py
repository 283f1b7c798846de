"""What deprecated configurations stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_config.exceptions import DefinitionError

from .locations import class_location, warn_user
from .names import qualified
from .state import ConfigObject

if TYPE_CHECKING:
    from .state import Schema


def convert(config: ConfigObject) -> ConfigObject:
    """Return what a deprecated configuration stands for, over any number of conversions.

    Raises:
        DefinitionError: `__convert__` does not give a configuration, or runs in a circle.
    """
    seen = {id(config)}
    info = config.__xpm__
    while info.xpmtype.converts:
        made: object = info.xpmtype.converts(info.pyobject)
        if not isinstance(made, ConfigObject) or id(made) in seen:
            error = DefinitionError(
                f"{qualified(info.xpmtype.cls)}.__convert__ is expected to return another "
                f"configuration, got {made!r}"
            )
            error.place = class_location(info.xpmtype.cls)
            raise error
        seen.add(id(made))
        after = made.__xpm__
        # it stands for the same object: what produces it and what runs before are the same
        if after.task is None and info.task is not info.pyobject:
            after.task = info.task
        if not after.init_tasks:
            after.init_tasks = info.init_tasks
        info = after
    return info.pyobject


def warn_deprecated(schema: Schema) -> None:
    """Warn that a configuration of a deprecated class is made."""
    by = schema.deprecated
    instead = f"; use {qualified(by)}" if isinstance(by, type) else ""
    warn_user(f"{schema.full_name} is deprecated{instead}", DeprecationWarning)
