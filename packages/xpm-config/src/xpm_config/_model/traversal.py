"""Walks over configurations: each is met once, without recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .state import ConfigObject
from .type import CONTAINERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    from .state import ConfigState

    V = TypeVar("V")
    Children = Callable[[ConfigState], list[ConfigObject]]


def append_configs(value: object, found: list[ConfigObject]) -> None:
    """Append the configurations that a value holds, outside other configurations."""
    if isinstance(value, ConfigObject):
        found.append(value)
    elif isinstance(value, dict):
        for name, item in value.items():
            append_configs(name, found)
            append_configs(item, found)
    elif isinstance(value, CONTAINERS):
        for item in value:
            if isinstance(item, ConfigObject):
                found.append(item)
            elif isinstance(item, CONTAINERS):
                append_configs(item, found)


def configs_in(value: object) -> list[ConfigObject]:
    """Return the configurations that a value holds, outside other configurations."""
    found: list[ConfigObject] = []
    append_configs(value, found)
    return found


def children(info: ConfigState) -> list[ConfigObject]:
    """Return the configurations in the arguments of a configuration, in order."""
    found: list[ConfigObject] = []
    values = info.values
    for argument in info.xpmtype.config_arguments:
        value = values.get(argument.name)
        if value is None:
            continue
        if isinstance(value, ConfigObject):
            found.append(value)
        else:
            append_configs(value, found)
    return found


def children_and_init_tasks(info: ConfigState) -> list[ConfigObject]:
    """Return the configurations in the arguments of a configuration, then its init tasks."""
    found = children(info)
    if info.init_tasks:
        found.extend(info.init_tasks)
    return found


def preorder(
    roots: Iterable[ConfigObject], children_of: Children = children_and_init_tasks
) -> Iterator[ConfigObject]:
    """Return configurations and all below them, each once and before what it holds.

    Args:
        roots: the configurations.
        children_of: gives what is below a configuration, in order; called when the
            configuration has been returned.
    """
    seen: set[int] = set()
    stack = [*roots]
    stack.reverse()
    while stack:
        config = stack.pop()
        key = id(config)
        if key in seen:
            continue
        seen.add(key)
        yield config
        found = children_of(config.__xpm__)
        found.reverse()
        stack.extend(found)


def postorder(
    root: ConfigObject,
    skip: Callable[[ConfigState], bool],
    children_of: Children = children_and_init_tasks,
) -> list[ConfigObject]:
    """Return a configuration and all below it, each once and after what it holds.

    Args:
        root: the configuration; it comes last.
        skip: says which configurations are left out, with all below.
        children_of: gives what is below a configuration, in order.
    """
    ordered: list[ConfigObject] = []
    entered: set[int] = set()
    left: set[int] = set()
    stack = [root]
    while stack:
        config = stack[-1]
        key = id(config)
        if key in left:
            stack.pop()
            continue
        if key not in entered:
            entered.add(key)
            info = config.__xpm__
            if skip(info):
                left.add(key)
                stack.pop()
                continue
            # what was entered and not left is on the path: a loop adds nothing
            waiting = [child for child in children_of(info) if id(child) not in entered]
            if waiting:
                waiting.reverse()
                stack.extend(waiting)
                continue
        left.add(key)
        ordered.append(config)
        stack.pop()
    return ordered


def fold(
    root: ConfigObject,
    known: Callable[[ConfigState], V | None],
    children_of: Children,
    merge: Callable[[ConfigState, list[V | None]], V],
    remember: Callable[[ConfigState, V], None],
) -> V:
    """Return a value of a configuration that is made from those of what it holds, bottom-up.

    Args:
        root: the configuration.
        known: gives a value that was remembered, or None.
        children_of: gives what is below a configuration.
        merge: makes the value of a configuration from those of its children; the value of one
            that is on the path (in a loop) is None.
        remember: remembers the value of a sealed configuration.
    """
    values: dict[int, V] = {}
    children_by_id: dict[int, list[ConfigObject]] = {}

    def is_known(info: ConfigState) -> bool:
        value = known(info)
        if value is None:
            return False
        values[id(info.pyobject)] = value
        return True

    def kept_children(info: ConfigState) -> list[ConfigObject]:
        found = children_by_id[id(info.pyobject)] = children_of(info)
        return found

    for config in postorder(root, is_known, kept_children):
        info = config.__xpm__
        parts = [values.get(id(child)) for child in children_by_id[id(config)]]
        value = values[id(config)] = merge(info, parts)
        # inside a loop the value depends on where the loop was entered
        if info.sealed and all(part is not None for part in parts):
            remember(info, value)
    return values[id(root)]


def walk(config: Any, *, into_produced: bool = True) -> Iterator[Any]:
    """Return the configuration and all that its arguments and init tasks hold, each once.

    Args:
        config: a configuration.
        into_produced: whether to go on below what tasks produce; the part of a task that no
            other task has is walked without.

    Returns:
        An iterator in pre-order; tasks that produce configurations are not part of it.
    """
    if into_produced:
        return preorder([config])

    def own_children(info: ConfigState) -> list[ConfigObject]:
        if info.task is not None and info.pyobject is not config:
            return []
        return children_and_init_tasks(info)

    return preorder([config], own_children)


def producers(config: Any, *others: Any) -> list[Any]:
    """Return the tasks that produce what configurations hold, and whose ends are awaited.

    Args:
        config: a configuration.
        others: further configurations, such as init tasks.

    Returns:
        Each task once, in the order in which they are met. Configurations that a task
        produces are not looked into: the task itself knows what it needs.
    """
    found: dict[int, ConfigObject] = {}
    roots = {id(root) for root in (config, *others)}

    def unless_produced(info: ConfigState) -> list[ConfigObject]:
        task = info.task
        if task is not None and (task is not info.pyobject or id(task) not in roots):
            if info.awaited:
                found.setdefault(id(task), task)
            return []
        return children_and_init_tasks(info)

    for _ in preorder((config, *others), unless_produced):
        pass
    return list(found.values())


def mark_output(config: Any, task: Any, *, awaited: bool = True) -> None:
    """Mark a configuration as produced by a task.

    Args:
        config: a configuration; the task itself, once it is submitted.
        task: the task.
        awaited: whether what uses it must wait for the end of the task.
    """
    info: ConfigState = config.__xpm__
    info.task = task
    info.awaited = awaited
    if config is not task and info.sealed:
        _forget(info.pyobject)


def _forget(config: ConfigObject) -> None:
    """Forget what was remembered of a sealed configuration and of what holds it.

    A part of a task was sealed and identified with it, when nothing had produced it yet;
    the task itself keeps the identifier that it was submitted with.
    """
    owner = config.__xpm__.owner
    holders: dict[int, list[ConfigObject]] = {}

    def of_one_owner(info: ConfigState) -> list[ConfigObject]:
        found = [child for child in children(info) if child.__xpm__.owner is owner]
        for child in found:
            holders.setdefault(id(child), []).append(info.pyobject)
        return found

    for _ in preorder([] if owner is None else [owner], of_one_owner):
        pass

    def forgotten(info: ConfigState) -> list[ConfigObject]:
        if info.task is info.pyobject:
            return []
        info.digest = info.partial_digests = info.known_tags = None
        info.plain = False
        return list(holders.get(id(info.pyobject), ()))

    for _ in preorder([config], forgotten):
        pass
