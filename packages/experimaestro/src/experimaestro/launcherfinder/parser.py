"""Requirements as text."""

from xpm_launchers.finder import parse

__all__ = ["parse"]
