"""Configurations as text for people.

Below the records, since messages of types show values: a configuration is known here by
what it carries (`__xpm__`).
"""

from __future__ import annotations

from itertools import islice
from typing import Any

_DEPTH, _ITEMS = 4, 6


def show(config: object) -> str:
    """Return a configuration as it would be written, shortened where it is deep or long."""
    info = _state(config)
    if info is None:  # not initialized yet
        return f"<{type(config).__qualname__}>"
    return _show_config(config, info, _DEPTH, set())


def show_value(value: object) -> str:
    """Return a value as it would be written, shortened likewise."""
    return _show(value, _DEPTH, set())


def describe(value: object) -> str:
    """Return a value for messages: its type and a short representation."""
    shown = show_value(value)
    if len(shown) > 80:
        shown = shown[:77] + "..."
    return f"{type(value).__qualname__} {shown}"


def _state(value: object) -> Any:
    """Return what a configuration carries, None for other values."""
    try:
        found = vars(value).get("__xpm__")
    except TypeError:  # it has no attributes of its own
        return None
    return found if hasattr(type(value), "__xpmtype__") else None


def _show(value: object, depth: int, path: set[int]) -> str:
    info = _state(value)
    if info is not None:
        return _show_config(value, info, depth, path)
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return "..." if depth < 0 else _show_container(value, depth, path)
    if hasattr(type(value), "__members__"):
        name: str | None = getattr(value, "name", None)
        if name is not None:  # a combination of flags has no name on Python 3.10
            return f"{type(value).__qualname__}.{name}"
    if hasattr(value, "__fspath__"):
        return f"Path({str(value)!r})"
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 # a user's class
        return object.__repr__(value)


def _show_container(
    value: list[Any] | tuple[Any, ...] | dict[Any, Any] | set[Any] | frozenset[Any],
    depth: int,
    path: set[int],
) -> str:
    if isinstance(value, (set, frozenset)) and not value:
        return f"{type(value).__name__}()"
    if isinstance(value, dict):
        parts = [
            f"{_show(k, depth - 1, path)}: {_show(v, depth - 1, path)}"
            for k, v in islice(value.items(), _ITEMS)
        ]
    else:
        parts = [_show(item, depth - 1, path) for item in islice(value, _ITEMS)]
    if len(value) > len(parts):
        parts.append(f"... {len(value) - len(parts)} more")
    shown = ", ".join(parts)
    if isinstance(value, list):
        return f"[{shown}]"
    if isinstance(value, tuple):
        return f"({shown},)" if len(value) == 1 else f"({shown})"
    return "{" + shown + "}"


def _show_config(config: object, info: Any, depth: int, path: set[int]) -> str:
    name = f"{info.xpmtype.cls.__qualname__}.C"
    if id(config) in path or depth < 0:
        return f"{name}(...)"
    path = {*path, id(config)}
    values = [f"{a.name}={_show(v, depth - 1, path)}" for a, v in info.xpmvalues()]
    return f"{name}({', '.join(values)})"
