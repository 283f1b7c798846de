"""What installed packages offer: launchers, their commands, and kinds of processes, by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: Launcher classes
LAUNCHERS = "experimaestro.launchers"
#: Click commands; the name is that of a launcher
COMMANDS = "experimaestro.launchers.cli"
#: Functions from handles to processes
PROCESSES = "experimaestro.process"


def installed(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group, by name."""
    from importlib.metadata import entry_points  # costs 20 ms, and most programs need none

    return {point.name: point for point in entry_points(group=group)}


def load(group: str, name: str, what: str) -> Any:
    """Return the object of an entry point.

    Args:
        group: One of the groups above.
        name: Name of the entry point.
        what: What a member of the group is, for the error.

    Raises:
        LookupError: When no such entry point is installed.
    """
    points = installed(group)
    if name not in points:
        raise LookupError(f"unknown {what} {name!r}; known here: {known_names(name, points)}")
    return points[name].load()


def known_names(name: str, known: Iterable[str]) -> str:
    """Return the known names for an error about `name`, the nearest first."""
    from difflib import SequenceMatcher  # for errors only

    def likeness(each: str) -> float:
        return SequenceMatcher(None, name, each).ratio()

    # Sorted twice: names that are equally near come in the order of the alphabet.
    return ", ".join(sorted(sorted(known), key=likeness, reverse=True)) or "none"
