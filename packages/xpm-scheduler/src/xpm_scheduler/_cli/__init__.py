"""The commands of this package: the group `experiments`.

Loaded when a command is called. May know all rooms of the package.
"""

from .experiments import experiments

__all__ = ["experiments"]
