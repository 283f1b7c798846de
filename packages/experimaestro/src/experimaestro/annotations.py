"""Decorators of configurations and of their methods."""

from xpm_config import config_only, deprecate, help, initializer, tags

__all__ = ["config_only", "deprecate", "help", "initializer", "tags"]
