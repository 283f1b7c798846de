"""The commands of this package: `find-launchers`, and the group `launchers`.

Loaded when a command is called. May know all rooms of the package.
"""

from .find import find_launchers
from .group import launchers

__all__ = ["find_launchers", "launchers"]
