"""Configurations as text for people."""

from __future__ import annotations

from typing import Any

from .markers import ConfigObject
from .nested import CONTAINERS

_DEPTH, _ITEMS = 4, 6


def show(config: Any) -> str:
    """A configuration as it would be written, shortened where it is deep or long."""
    return _show(config, _DEPTH, set())


def show_value(value: Any) -> str:
    """A value as it would be written, shortened likewise."""
    return _show(value, _DEPTH, set())


def _show(value: Any, depth: int, path: set[int]) -> str:
    if isinstance(value, ConfigObject):
        return _show_config(value, depth, path)
    if isinstance(value, CONTAINERS) and depth < 0:
        return "..."
    if isinstance(value, (list, tuple)):
        shown = _join([_show(item, depth - 1, path) for item in value[:_ITEMS]], len(value))
        if isinstance(value, tuple) and len(value) == 1:
            shown += ","
        return f"[{shown}]" if isinstance(value, list) else f"({shown})"
    if isinstance(value, dict):
        items = list(value.items())[:_ITEMS]
        parts = [f"{_show(k, depth - 1, path)}: {_show(v, depth - 1, path)}" for k, v in items]
        return "{" + _join(parts, len(value)) + "}"
    if isinstance(value, (set, frozenset)):
        if not value:
            return f"{type(value).__name__}()"
        parts = [_show(item, depth - 1, path) for item in list(value)[:_ITEMS]]
        return "{" + _join(parts, len(value)) + "}"
    if hasattr(type(value), "__members__") and value.name is not None:
        return f"{type(value).__qualname__}.{value.name}"
    if hasattr(value, "__fspath__"):
        return f"Path({str(value)!r})"
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 # a user's class
        return object.__repr__(value)


def _join(parts: list[str], count: int) -> str:
    if count > len(parts):
        parts.append(f"... {count - len(parts)} more")
    return ", ".join(parts)


def _show_config(config: Any, depth: int, path: set[int]) -> str:
    info = config.__dict__.get("__xpm__")
    if info is None:
        return f"<{type(config).__qualname__}>"
    name = f"{info.xpmtype.cls.__qualname__}.C"
    if id(config) in path or depth < 0:
        return f"{name}(...)"
    path = {*path, id(config)}
    values = [f"{a.name}={_show(v, depth - 1, path)}" for a, v in info.xpmvalues()]
    return f"{name}({', '.join(values)})"
