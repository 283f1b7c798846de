"""`outer @ inner`: gives a configuration to the one argument that takes it."""

from __future__ import annotations

from typing import Any

from xpm_config._model.locations import user_location
from xpm_config._model.state import ConfigObject
from xpm_config._model.type import Refused, Type
from xpm_config._types.configs import ConfigType
from xpm_config._types.unions import OptionalType, UnionType
from xpm_config.exceptions import CompositionError


def _takes(type: Type, value: Any) -> bool:
    if isinstance(type, OptionalType):
        return _takes(type.inner, value)
    if isinstance(type, UnionType):
        return any(_takes(member, value) for member in type.members)
    if not isinstance(type, ConfigType):
        return False
    try:
        type.coerce(value)
    except Refused:
        return False
    return True


def compose(outer: Any, inner: Any) -> Any:
    """Set the one argument of `outer` whose type takes `inner`.

    Returns:
        `outer`.

    Raises:
        CompositionError: no argument takes it, or several do.
    """
    if not isinstance(inner, ConfigObject):
        return NotImplemented
    schema = outer.__xpm__.xpmtype
    names = [name for name, argument in schema.arguments.items() if _takes(argument.type, inner)]
    if len(names) != 1:
        found = f"several take it: {', '.join(names)}" if names else "none takes it"
        raise CompositionError(
            f"{schema.full_name} @ {inner.__xpm__.xpmtype.full_name}: expected one argument of "
            f"{schema.full_name} to take the configuration, but {found} (at {user_location()})"
        )
    setattr(outer, names[0], inner)
    return outer
