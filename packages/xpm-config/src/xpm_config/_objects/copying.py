"""Copies of configurations, and what deprecated ones stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.markers import (
    ConfigObject,
    checked_info,
    class_location,
    qualified,
    user_location,
    warn_user,
)
from xpm_config._model.nested import CONTAINERS, nested_configs
from xpm_config.exceptions import DefinitionError

from .validation import bottom_up

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def bare(like: Any) -> Any:
    """A configuration object of the same class, created where its model was, without values."""
    info = like.__xpm__
    made = object.__new__(type(like))
    made.__xpm__ = type(info)(made, info.xpmtype, info._code, info._offset)
    return made


def copy_one(config: Any, changes: dict[str, Any]) -> Any:
    """A copy of a configuration that is not sealed; what it holds is shared.

    Generated values are left out (they belong to the original), and so is what makes it
    the output of a task: the copy is another configuration.
    """
    info = config.__xpm__
    made = bare(config)
    copied = made.__xpm__
    copied.stopped = info.stopped
    copied.meta = info.meta
    copied.bindings = None if changes else info.bindings
    if info.own_tags:
        copied.own_tags = dict(info.own_tags)
    values = copied.values
    for name, value in info.values.items():
        if name not in info.generated and name not in changes:
            values[name] = _copy_containers(value)
    if copied.own_tags:
        for name in changes:
            copied.own_tags.pop(name, None)
    if changes:
        copied.set_location(user_location())
        copied.fill(changes)
    return made


def _copy_containers(value: Any) -> Any:
    return map_configs(value, lambda config: config) if isinstance(value, CONTAINERS) else value


def map_configs(value: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of a value in which each configuration is replaced."""
    if isinstance(value, ConfigObject):
        return change(value)
    if isinstance(value, list):
        return [map_configs(item, change) for item in value]
    if isinstance(value, dict):
        return {_hashable(k, change): map_configs(v, change) for k, v in value.items()}
    if isinstance(value, tuple):
        items = [map_configs(item, change) for item in value]
        # a named tuple takes its elements one by one
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    if isinstance(value, (set, frozenset)):
        return type(value)(_hashable(item, change) for item in value)
    return value


def _hashable(value: Any, change: Callable[[Any], Any]) -> Any:
    """What replaces an element of a set; configurations are sealed to be one."""
    made = map_configs(value, change)
    if isinstance(made, ConfigObject):
        made.__xpm__.seal()
    return made


def copyconfig(config: T, **changes: Any) -> T:
    """A copy of a configuration, not sealed, with other values for some arguments.

    Args:
        config: a configuration.
        changes: new values by argument name.

    Raises:
        UnknownArgumentError: there is no argument of a name.
        ArgumentTypeError: a value does not have its argument's type.
    """
    checked_info(config)
    return copy_one(config, changes)  # type: ignore[no-any-return] # of the same class


def clone(config: T) -> T:
    """A copy of a configuration and of all that it holds, sharing kept; nothing is sealed.

    What a task produces is not copied: it stays the output of that task.

    Args:
        config: a configuration.
    """
    checked_info(config)
    return _clones([config])[id(config)]  # type: ignore[no-any-return] # of the same class


def clone_value(value: Any) -> Any:
    """A copy of a value and of the configurations in it that are not sealed."""
    found: list[Any] = []
    nested_configs(value, found)
    copies = _clones([config for config in found if not config.__xpm__.sealed])
    return map_configs(value, lambda config: copies.get(id(config), config))


def _clones(roots: list[Any]) -> dict[int, Any]:
    """Copies of configurations and of all that they hold, by the `id` of the original."""
    copies: dict[int, Any] = {}
    stack = list(roots)
    wanted = set(map(id, roots))
    while stack:
        current = stack.pop()
        info = current.__xpm__
        if id(current) in copies:
            continue
        if id(current) not in wanted and info.task is not None:
            copies[id(current)] = current
            continue
        copies[id(current)] = copy_one(current, {})
        nested_configs([*info.values.values(), info.init_tasks], stack)
    done: set[int] = set()

    def is_done(info: Any) -> bool:
        key = id(info.pyobject)
        return key in done or copies[key] is info.pyobject

    for root in roots:
        # what is in a set is sealed, and so must have got its own parts before
        for original in bottom_up(root, is_done):
            _take_copies(original.__xpm__, copies)
            done.add(id(original))
    return copies


def _take_copies(original: Any, copies: dict[int, Any]) -> None:
    """Gives the copy of a configuration the copies of what the original holds."""
    made = copies[id(original.pyobject)].__xpm__
    for argument in made.xpmtype.config_arguments:
        if argument.name in made.values:
            value = made.values[argument.name]
            made.values[argument.name] = map_configs(value, lambda config: copies[id(config)])
    made.init_tasks = [copies[id(task)] for task in original.init_tasks]


def convert(config: Any) -> Any:
    """What a deprecated configuration stands for, over any number of conversions.

    Raises:
        DefinitionError: `__convert__` does not give a configuration, or runs in a circle.
    """
    seen = {id(config)}
    info = config.__xpm__
    while info.xpmtype.converts:
        made = info.xpmtype.converts(info.pyobject)
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


def warn_deprecated(schema: Any) -> None:
    """Warns that a configuration of a deprecated class is made."""
    by = schema.deprecated
    instead = f"; use {qualified(by)}" if isinstance(by, type) else ""
    warn_user(f"{schema.full_name} is deprecated{instead}", DeprecationWarning)
