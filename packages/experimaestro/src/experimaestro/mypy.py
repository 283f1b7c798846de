"""A mypy plug-in that does nothing: the types are understood without one.

It is kept for the settings of projects that name it.
"""

from __future__ import annotations

from mypy.plugin import Plugin


def plugin(version: str) -> type[Plugin]:
    """Return the plug-in that mypy asks for; `version` is mypy's own."""
    return Plugin
