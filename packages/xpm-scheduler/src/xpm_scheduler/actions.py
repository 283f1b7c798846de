"""Actions: what can be done with an experiment once it has run."""

from __future__ import annotations

from ._actions.action import Action
from ._actions.interaction import CLIInteraction, Interaction

__all__ = ["Action", "CLIInteraction", "Interaction"]
