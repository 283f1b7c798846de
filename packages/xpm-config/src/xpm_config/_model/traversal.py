"""Walks over configurations: each is met once, without recursion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .markers import ConfigObject
from .nested import nested_configs

if TYPE_CHECKING:
    from collections.abc import Iterator


def held(info: Any) -> list[Any]:
    """The configurations in the arguments of a configuration, in order."""
    found: list[Any] = []
    values = info.values
    for argument in info.xpmtype.config_arguments:
        value = values.get(argument.name)
        if value is None:
            continue
        if isinstance(value, ConfigObject):
            found.append(value)
        else:
            nested_configs(value, found)
    return found


def walk(config: Any, *, into_produced: bool = True) -> Iterator[Any]:
    """The configuration and all that its arguments and init tasks hold, each once.

    Args:
        config: a configuration.
        into_produced: whether to go on below what tasks produce; the part of a task that no
            other task has is found without.

    Returns:
        An iterator in pre-order; tasks that produce configurations are not part of it.
    """
    seen = set()
    stack = [config]
    while stack:
        current = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        info = current.__xpm__
        if not into_produced and info.task is not None and current is not config:
            continue
        below = held(info)
        below.extend(info.init_tasks)
        stack.extend(reversed(below))


def producers(config: Any, *others: Any) -> list[Any]:
    """The tasks that produce what configurations hold, and whose ends are to be awaited.

    Args:
        config: a configuration.
        others: further configurations, such as init tasks.

    Returns:
        Each task once, in the order in which they are met. Configurations that a task
        produces are not looked into: the task itself knows what it needs.
    """
    found: dict[int, Any] = {}
    seen = set()
    roots = {id(root) for root in (config, *others)}
    stack = [*reversed(others), config]
    while stack:
        current = stack.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        info = current.__xpm__
        task = info.task
        if task is not None and (task is not current or id(current) not in roots):
            if info.awaited:
                found.setdefault(id(task), task)
            continue
        below = held(info)
        below.extend(info.init_tasks)
        stack.extend(reversed(below))
    return list(found.values())


def mark_output(config: Any, task: Any, *, awaited: bool = True) -> None:
    """Marks a configuration as produced by a task.

    Args:
        config: a configuration; the task itself, once it is submitted.
        task: the task.
        awaited: whether what uses it must wait for the end of the task.
    """
    info = config.__xpm__
    info.task = task
    info.awaited = awaited
    if config is not task and info.sealed:
        _forget(config)


def _forget(config: Any) -> None:
    """Forgets what was remembered of a sealed configuration and of what holds it.

    A part of a task was sealed and identified with it, when nothing had produced it yet;
    the task itself keeps the identifier that it was submitted with.
    """
    owner = config.__xpm__.owner
    holders: dict[int, list[Any]] = {}
    seen = set()
    stack = [owner]
    while stack:
        current = stack.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        for child in held(current.__xpm__):
            if child.__xpm__.owner is owner:
                holders.setdefault(id(child), []).append(current)
                stack.append(child)
    stale = [config]
    seen.clear()
    while stale:
        current = stale.pop()
        info = current.__xpm__
        if id(current) not in seen and info.task is not current:
            seen.add(id(current))
            info.digest = info.partial_digests = info.known_tags = None
            info.plain = False
            stale.extend(holders.get(id(current), ()))
