"""The commands of this package: ``find-launchers``, and the group ``launchers``."""

from ._find import find_launchers
from ._group import launchers

__all__ = ["find_launchers", "launchers"]
