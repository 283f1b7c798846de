"""What is wrong in plain data, and where."""

from __future__ import annotations

from typing import Any

# A place is a linked list, from the end (the place around it, a key or index, and how many
# there are): data may nest deeply.
Place = tuple[Any, Any, int] | None

_SHOWN = 20


def inner(place: Place, step: object) -> Place:
    """Return what lies in a place under a key or index."""
    return place, step, depth(place) + 1


def depth(place: Place) -> int:
    """Return how many keys and indices lead to a place."""
    return 0 if place is None else place[2]


class Fault(Exception):
    """What is wrong in a document, and where.

    Args:
        place: where.
        message: what is wrong.
        key: whether the key itself, rather than its value, is at fault.
    """

    def __init__(self, place: Place, message: str, key: bool = False) -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.key = key

    @property
    def path(self) -> tuple[Any, ...]:
        """The keys and indices that lead to the place."""
        parts = []
        place = self.place
        while place is not None:
            place, step, _ = place
            parts.append(step)
        return tuple(reversed(parts))

    def __str__(self) -> str:
        return f"{shown_path(self.path)}: {self.message}"


def shown_path(path: tuple[Any, ...]) -> str:
    """Return a place in a document as text: `$.model.layers[3]`."""
    parts = ["$", *map(_shown, path)]
    if len(parts) > 2 * _SHOWN:
        left_out = len(parts) - 2 * _SHOWN
        parts[_SHOWN:-_SHOWN] = [f" ... ({left_out} more) ... "]
    return "".join(parts)


def _shown(step: object) -> str:
    if isinstance(step, str) and step.replace("$", "_").isidentifier():
        return f".{step}"
    return f"[{step!r}]"
