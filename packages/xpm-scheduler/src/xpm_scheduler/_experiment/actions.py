"""The actions of an experiment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xpm_scheduler._actions.action import Action
from xpm_scheduler._actions.checker import ActionChecker

from .tracker import Tracker


class ActionRegistry:
    """What can be done later with an experiment.

    Args:
        tracker: records actions.
        run_folder: returns the folder of the run.
    """

    def __init__(self, tracker: Tracker, run_folder: Callable[[], Path]) -> None:
        self._tracker = tracker
        self._run_folder = run_folder
        self._actions: dict[str, Action] = {}
        self._checker: ActionChecker | None = None

    def all(self) -> dict[str, Action]:
        """Return the actions by their identifiers."""
        return dict(self._actions)

    def add(self, action: Action) -> str:
        """Register an action; see `experiment.add_action`."""
        if self._checker is None:
            self._checker = ActionChecker()
        checked = self._checker.check(action, self._run_folder() / "actions")
        # One that differs in what does not count takes the place of the other.
        if self._actions.get(checked.identifier) != action:
            self._actions[checked.identifier] = action
            self._tracker.record_action(checked)
        return checked.identifier
