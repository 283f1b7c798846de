"""Actions: what can be done with an experiment once it has run."""

from __future__ import annotations

from ._action import Action
from ._interaction import CLIInteraction, Interaction

__all__ = ["Action", "CLIInteraction", "Interaction"]
