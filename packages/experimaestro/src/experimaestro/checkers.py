"""Checks of values."""

from xpm_config import Choices

__all__ = ["Choices"]
