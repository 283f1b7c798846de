"""Preparations, and that jobs need them."""

from xpm_scheduler import Prepare, PrepareDependency, PrepareResource

__all__ = ["Prepare", "PrepareDependency", "PrepareResource"]
