"""Configurations as data that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpm_config import Config, ConfigInformation
from xpm_serialize._format.json_types import Json, JsonObject
from xpm_serialize._objects.configs import config_class, information, items
from xpm_serialize.exceptions import NotSerializableError

from .context import SerializationContext, SerializedPath
from .writer import ObjectWriter


def state_dict(context: SerializationContext, obj: Any) -> dict[str, Any]:
    """Return the state of configurations, as data that JSON can hold.

    Args:
        context: decides where data files go.
        obj: a configuration, or any nesting of lists, tuples and dictionaries of them.

    Returns:
        `{"objects": [record, ...], "data": ...}`: each configuration once, what it holds
        before it, and `obj` with references in their place.

    Raises:
        NotSerializableError: a value has no form in JSON; the message says which.
        PathConflictError: two data files would share one place.
    """
    return collect_state(context, obj, [(obj, [])])


def collect_state(
    context: SerializationContext, obj: object, roots: list[tuple[object, list[str]]]
) -> JsonObject:
    """Return the state of configurations (see `state_dict`), of which parts are named.

    Args:
        context: decides where data files go.
        obj: what is written.
        roots: its parts, and the names that lead to each.
    """
    writer = ObjectWriter(tags=True, fields=_DataFields(context, roots))
    data, records = writer.collect(obj)
    return {"objects": [*records], "data": data}


class _DataFields:
    """Writes data paths in the form that the context (or the configuration's class) chooses."""

    def __init__(
        self, context: SerializationContext, roots: list[tuple[object, list[str]]]
    ) -> None:
        self._context = context
        self._roots = roots
        self._var_paths: dict[int, tuple[list[str], int]] | None = None

    def __call__(self, info: ConfigInformation) -> Mapping[str, Json]:
        config: Config = info.pyobject
        kind = config_class(info)
        own = kind.__xpm_serialize__ is not Config.__xpm_serialize__
        if not own and not any(a.is_data for a in info.xpmtype.arguments.values()):
            return {}
        self._enter(config)
        forms: object = config.__xpm_serialize__(self._context)
        if not isinstance(forms, Mapping):
            raise NotSerializableError(
                f"{kind.__module__}.{kind.__qualname__}.__xpm_serialize__ should return forms by "
                f"name, got {forms!r}"
            )
        return {name: _form(value) for name, value in forms.items()}

    def _enter(self, config: Config) -> None:
        if self._var_paths is None:
            self._var_paths = _find_var_paths(self._roots)
        var_path, depth = self._var_paths.get(id(config), ([], 0))
        self._context.enter(list(var_path), depth)


def _form(value: Any) -> Json:
    """Return the JSON form of what `__xpm_serialize__` has returned for an argument."""
    if isinstance(value, SerializedPath):
        return {
            "type": "path.serialized",
            "value": value.path.as_posix(),
            "is_folder": value.is_folder,
        }
    if isinstance(value, Path):
        return {"type": "path", "value": str(value)}
    form: Json = value
    return form


def _find_var_paths(roots: list[tuple[object, list[str]]]) -> dict[int, tuple[list[str], int]]:
    """Return for each configuration the first path of names to it, and how many hold it."""
    found: dict[int, tuple[list[str], int]] = {}
    todo = [(value, path, 0) for value, path in reversed(roots)]
    while todo:
        value, path, depth = todo.pop()
        info = information(value)
        held: list[tuple[object, list[str], int]] = []
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
