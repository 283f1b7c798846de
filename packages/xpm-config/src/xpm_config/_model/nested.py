"""The configurations in a value."""

from __future__ import annotations

from typing import Any

from xpm_config.exceptions import UnsubmittedTaskError

from .markers import ConfigObject

CONTAINERS = (list, tuple, dict, set, frozenset)


def check_submitted(value: Any) -> None:
    """Refuses a task that has not been submitted."""
    if value.__xpm_task__ and value.__xpm__.task is None:
        raise UnsubmittedTaskError(
            f"the task {value.__xpm__.shown} is used "
            "as a value before it has been submitted; call .submit() and use what it returns"
        )


def nested_configs(value: Any, found: list[Any]) -> None:
    """Appends the configurations that a value holds, outside other configurations."""
    if isinstance(value, ConfigObject):
        found.append(value)
    elif isinstance(value, dict):
        for name, item in value.items():
            nested_configs(name, found)
            nested_configs(item, found)
    elif isinstance(value, CONTAINERS):
        for item in value:
            if isinstance(item, ConfigObject):
                found.append(item)
            elif isinstance(item, CONTAINERS):
                nested_configs(item, found)
