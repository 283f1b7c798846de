"""Copies of configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from xpm_config._model.argument import Argument
from xpm_config._model.checks import checked_info
from xpm_config._model.locations import user_location
from xpm_config._model.state import ConfigObject
from xpm_config._model.traversal import children_and_init_tasks, configs_in, postorder, preorder
from xpm_config._model.type import CONTAINERS

from .sealing import seal
from .values import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xpm_config._model.state import ConfigState

T = TypeVar("T")


def bare(like: ConfigObject) -> ConfigObject:
    """Return an object of the same class, created where its model was, without values."""
    info = like.__xpm__
    made = object.__new__(type(like))
    made.__xpm__ = type(info)(made, info.xpmtype, info._code, info._offset)
    return made


def copy_one(config: ConfigObject, changes: Mapping[str, object]) -> ConfigObject:
    """Return a copy of a configuration that is not sealed; what it holds is shared.

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
        copied.location = user_location()
        fill(copied, changes)
    return made


def _copy_containers(value: object) -> Any:
    return map_configs(value, lambda config: config) if isinstance(value, CONTAINERS) else value


def map_configs(value: object, change: Callable[[ConfigObject], object]) -> Any:
    """Return a copy of a value in which each configuration is replaced."""
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


def _hashable(value: object, change: Callable[[ConfigObject], object]) -> Any:
    """Return what replaces an element of a set; configurations are sealed to be one."""
    made: object = map_configs(value, change)
    if isinstance(made, ConfigObject):
        seal(made, None)
    return made


def copyconfig(config: T, **changes: Any) -> T:
    """Return a copy of a configuration, not sealed, with other values for some arguments.

    Args:
        config: a configuration.
        changes: new values by argument name.

    Raises:
        UnknownArgumentError: there is no argument of a name.
        ArgumentTypeError: a value does not have its argument's type.
    """
    copied: Any = copy_one(checked_info(config).pyobject, changes)
    made: T = copied  # of the same class
    return made


def clone(config: T) -> T:
    """Return a copy of a configuration and of all that it holds, sharing kept; none is sealed.

    What a task produces is not copied: it stays the output of that task.

    Args:
        config: a configuration.
    """
    copied: Any = _clones([checked_info(config).pyobject])[id(config)]
    made: T = copied  # of the same class
    return made


def clone_value(value: object) -> Any:
    """Return a copy of a value and of the configurations in it that are not sealed."""
    copies = _clones([config for config in configs_in(value) if not config.__xpm__.sealed])
    return map_configs(value, lambda config: copies.get(id(config), config))


Argument.clone_value = staticmethod(clone_value)


def _clones(roots: list[ConfigObject]) -> dict[int, ConfigObject]:
    """Return copies of configurations and of all below, by the `id` of the original."""
    copies: dict[int, ConfigObject] = {}
    root_keys = set(map(id, roots))

    def unless_produced(info: ConfigState) -> list[ConfigObject]:
        if info.task is not None and id(info.pyobject) not in root_keys:
            return []
        return children_and_init_tasks(info)

    for config in preorder(roots, unless_produced):
        produced = config.__xpm__.task is not None and id(config) not in root_keys
        copies[id(config)] = config if produced else copy_one(config, {})
    done: set[int] = set()

    def is_done(info: ConfigState) -> bool:
        key = id(info.pyobject)
        return key in done or copies[key] is info.pyobject

    for root in roots:
        # what is in a set is sealed, and so must have got its own parts before
        for original in postorder(root, is_done):
            _take_copies(original.__xpm__, copies)
            done.add(id(original))
    return copies


def _take_copies(original: ConfigState, copies: dict[int, ConfigObject]) -> None:
    """Give the copy of a configuration the copies of what the original holds."""
    made = copies[id(original.pyobject)].__xpm__
    for argument in made.xpmtype.config_arguments:
        if argument.name in made.values:
            value = made.values[argument.name]
            made.values[argument.name] = map_configs(value, lambda config: copies[id(config)])
    made.init_tasks = [copies[id(task)] for task in original.init_tasks]
