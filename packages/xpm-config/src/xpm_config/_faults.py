"""What is wrong in plain data, and where."""

from __future__ import annotations

from typing import Any

Path = tuple[Any, ...]


class Fault(Exception):
    """What is wrong in a document, and where.

    Args:
        path: keys and indices that lead to the place.
        message: what is wrong.
        key: whether the key itself, rather than its value, is at fault.
    """

    def __init__(self, path: Path, message: str, key: bool = False) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message
        self.key = key


def shown_path(path: Path) -> str:
    """A place in a document as text: `$.model.layers[3]`."""
    parts = ["$"]
    for step in path:
        if isinstance(step, str) and step.replace("$", "_").isidentifier():
            parts.append(f".{step}")
        else:
            parts.append(f"[{step!r}]")
    return "".join(parts)
