"""Configurations as data that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpm_config import Config
from xpm_serialize._objects.configs import config_class, information, items
from xpm_serialize.exceptions import NotSerializableError

from .context import SerializationContext, SerializedPath
from .writer import ObjectWriter


def state_dict(context: SerializationContext, obj: Any) -> dict[str, Any]:
    """The state of configurations, as data that JSON can hold.

    Args:
        context: says where data files go.
        obj: a configuration, or any nesting of lists, tuples and dictionaries of them.

    Returns:
        ``{"objects": [record, ...], "data": ...}``: each configuration once, what it holds
        before it, and ``obj`` with references in their place.

    Raises:
        NotSerializableError: a value has no form in JSON; the message says which.
        PathConflictError: two data files would share one place.
    """
    return collect_state(context, obj, [(obj, [])])


def collect_state(
    context: SerializationContext, obj: Any, roots: list[tuple[Any, list[str]]]
) -> dict[str, Any]:
    """As :func:`state_dict`, the names that lead to data files beginning at other places.

    Args:
        context: says where data files go.
        obj: what is written.
        roots: its parts, and the names that lead to each.
    """
    writer = ObjectWriter(tags=True, fields=_DataFields(context, roots))
    data, records = writer.collect(obj)
    return {"objects": records, "data": data}


class _DataFields:
    """Gives data paths the form that the context (or the configuration's class) chooses."""

    def __init__(self, context: SerializationContext, roots: list[tuple[Any, list[str]]]) -> None:
        self._context = context
        self._roots = roots
        self._trails: dict[int, tuple[list[str], int]] | None = None

    def __call__(self, info: Any) -> Mapping[str, Any]:
        config = info.pyobject
        kind = config_class(info)
        own = kind.__xpm_serialize__ is not Config.__xpm_serialize__
        if not own and not any(a.is_data for a in info.xpmtype.arguments.values()):
            return {}
        self._enter(config)
        given: Any = config.__xpm_serialize__(self._context)
        if not isinstance(given, Mapping):
            raise NotSerializableError(
                f"{kind.__module__}.{kind.__qualname__}.__xpm_serialize__ should give forms by "
                f"name, got {given!r}"
            )
        return {name: _form(value) for name, value in given.items()}

    def _enter(self, config: Any) -> None:
        if self._trails is None:
            self._trails = _find_trails(self._roots)
        var_path, depth = self._trails.get(id(config), ([], 0))
        self._context.enter(list(var_path), depth)


def _form(value: Any) -> Any:
    if isinstance(value, SerializedPath):
        return {
            "type": "path.serialized",
            "value": value.path.as_posix(),
            "is_folder": value.is_folder,
        }
    if isinstance(value, Path):
        return {"type": "path", "value": str(value)}
    return value


def _find_trails(roots: list[tuple[Any, list[str]]]) -> dict[int, tuple[list[str], int]]:
    """For each configuration, the first way that leads to it, and how many hold it."""
    found: dict[int, tuple[list[str], int]] = {}
    todo = [(value, path, 0) for value, path in reversed(roots)]
    while todo:
        value, path, depth = todo.pop()
        info = information(value)
        held: list[tuple[Any, list[str], int]] = []
        if info is not None:
            if id(value) in found:
                continue
            found[id(value)] = (path, depth)
            for argument, item in items(info):
                held.append((item, [*path, argument.name], depth + 1))
            for index, task in enumerate(info.init_tasks):
                held.append((task, [*path, "__init_tasks__", str(index)], depth + 1))
            if info.task is not None:
                held.append((info.task, [*path, "__task__"], depth + 1))
        elif isinstance(value, dict):
            held = [(item, [*path, str(key)], depth) for key, item in value.items()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            held = [(item, [*path, str(index)], depth) for index, item in enumerate(value)]
        todo.extend(reversed(held))
    return found
