"""The one place that knows how a configuration object is looked into, and made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xpm_config import Config


def information(value: Any) -> Any:
    """What a configuration object holds (its ``__xpm__``); ``None`` for anything else."""
    if isinstance(value, Config):
        return getattr(value, "__xpm__", None)
    return None


def config_class(info: Any) -> type[Config]:
    """The class that the user has written, of a configuration's information."""
    kind: type[Config] = info.xpmtype.basetype
    return kind


def items(info: Any) -> Iterator[tuple[Any, Any]]:
    """Arguments and values of a configuration, those that are set."""
    values = info.values
    for name, argument in info.xpmtype.arguments.items():
        if name in values:
            yield argument, values[name]
