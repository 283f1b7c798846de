"""Names of classes, and the known name that is nearest to a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def module_name(cls: type) -> str:
    """Return the module of a class as identifiers know it.

    A process that did not start with a script loads it as `__mp_main__` (as
    `multiprocessing` does), so that it does not run as a program; its classes stay those
    of `__main__`.
    """
    return "__main__" if cls.__module__ == "__mp_main__" else cls.__module__


def qualified(cls: type) -> str:
    """Return `module.Class`."""
    return f"{module_name(cls)}.{cls.__qualname__}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return text that proposes the nearest known name ("" where none is near)."""
    # difflib costs 5 ms: only an error needs it
    from difflib import get_close_matches

    matches = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean '{matches[0]}'?" if matches else ""
