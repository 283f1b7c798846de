"""Decorators of configurations and of their methods, and tags."""

from xpm_config import (
    Array,
    TagDict,
    config_only,
    deprecate,
    documentation,
    help,
    initializer,
    stop_tags,
    tag,
    tags,
    tagspath,
)
from xpm_scheduler import cache

__all__ = [
    "Array",
    "TagDict",
    "cache",
    "config_only",
    "deprecate",
    "documentation",
    "help",
    "initializer",
    "stop_tags",
    "tag",
    "tags",
    "tagspath",
]
