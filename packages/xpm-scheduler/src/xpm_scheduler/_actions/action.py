"""Actions: configurations of what can be done with an experiment once it has run."""

from __future__ import annotations

from typing import Any

from xpm_config import Config

from .interaction import Interaction


class Action(Config):
    """Something to do with the results of an experiment, later, by hand: export, compare, ….

    Derive from it, declare what it needs as parameters (outputs of tasks, for example), and
    register it by `xp.add_action`, or by `add_action` in a task's `__submit__`. It is run
    by `experimaestro experiments actions run`.

    >>> from xpm_config import Param
    >>> from xpm_scheduler.actions import Action, CLIInteraction
    >>> class Greet(Action):
    ...     name: Param[str]
    ...     def describe(self):
    ...         return f"greet {self.name}"
    ...     def execute(self, interaction):
    ...         how = interaction.choice("how", "How?", ["hello", "good day"])
    ...         print(f"{how}, {self.name}")
    >>> greet = Greet.C(name="Ada")
    >>> greet.describe()
    'greet Ada'
    >>> greet.instance().execute(CLIInteraction({"how": "hello"}))
    hello, Ada
    """

    def describe(self) -> str:
        """Return what it does, in a line; called on the configuration, when it is registered."""
        kind: Any = type(self)
        return str(kind.__getxpmtype__().title)

    def execute(self, interaction: Interaction) -> None:
        """Do it.

        Args:
            interaction: asks for what it needs to know.
        """
        raise NotImplementedError(f"{type(self).__qualname__} does not define execute(interaction)")
