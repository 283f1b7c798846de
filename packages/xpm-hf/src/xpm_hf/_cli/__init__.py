"""The commands of this package: the group `hub`.

Loaded when a command is called.
"""

from .commands import hub

__all__ = ["hub"]
