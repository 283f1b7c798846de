"""The `experimaestro` command.

Its sub-commands are entry points of the group `experimaestro.cli`, loaded when they are called.
"""

from ._commands import cli as cli

__all__ = ["cli"]
