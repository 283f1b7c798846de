"""Services as JSON: what it takes to make one again, here or on another machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

#: How a path is written, so that a reader on another machine can translate it.
PATH_KEY = "__path__"


def to_json(value: Any, where: str) -> Any:
    """Return the JSON form of a value, paths marked as such.

    Args:
        value: numbers, strings, paths, and lists and dictionaries of them.
        where: what it is, for the error.

    Raises:
        TypeError: it holds something else.
    """
    if isinstance(value, PurePath):
        return {PATH_KEY: str(value)}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Mapping):
        return {_key(key, where): to_json(item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise TypeError(
        f"{where}: expected numbers, strings, paths, or lists and dictionaries of them, "
        f"got {type(value).__qualname__}"
    )


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"{where}: expected strings as keys, got {key!r}")
    return key


def from_json(value: Any, translate: Callable[[str], Path]) -> Any:
    """Return the value of a JSON form; see `to_json`."""
    if isinstance(value, dict):
        if value.keys() == {PATH_KEY}:
            return translate(value[PATH_KEY])
        return {key: from_json(item, translate) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item, translate) for item in value]
    return value


def find_class(name: str) -> type[Any]:
    """Return the class of a full name such as `package.module.Class`.

    Raises:
        ValueError: no class has that name.
    """
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        module_name = ".".join(parts[:end])
        try:
            value: Any = import_module(module_name)
        except ModuleNotFoundError as error:
            # One that it imports itself may be what is missing: that error is left as it is.
            if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
                raise ValueError(f"{name}: {module_name} cannot be imported: {error}") from error
            continue
        for part in parts[end:]:
            value = getattr(value, part, None)
        if isinstance(value, type):
            return value
        raise ValueError(f"{name}: the module {module_name} has no such class")
    raise ValueError(f"{name}: expected a class's full name, of a module that can be imported")
