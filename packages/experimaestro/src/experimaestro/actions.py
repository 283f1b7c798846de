"""Actions: what can be done with an experiment once it has run."""

from xpm_scheduler import Action, CLIInteraction, Interaction

__all__ = ["Action", "CLIInteraction", "Interaction"]
