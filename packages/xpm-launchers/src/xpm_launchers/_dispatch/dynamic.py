"""A launcher that chooses among others."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from xpm_launchers._interface.launcher import Launcher, LauncherEvents, Ticket
from xpm_launchers.exceptions import HandleError


class DynamicLauncher(Launcher):
    """A launcher that chooses another for each request.

    Args:
        launchers: Those to choose from.
        sample: Whether to choose at random, in proportion to the priorities, rather than one of the
            highest priority.
    """

    def __init__(self, launchers: Sequence[Launcher], *, sample: bool = False) -> None:
        if not launchers:
            raise ValueError("expected at least one launcher to choose from, got none")
        super().__init__(launchers[0].connector, priority=max(each.priority for each in launchers))
        self.launchers = list(launchers)
        self.sample = sample

    def update(self) -> None:
        """Change priorities before each choice; does nothing unless it is overridden."""

    def choose(self) -> Launcher:
        """Return the launcher for the next request."""
        self.update()
        weights = [max(0.0, each.priority) for each in self.launchers]
        if self.sample and any(weights):
            return random.choices(self.launchers, weights)[0]
        highest = max(each.priority for each in self.launchers)
        return random.choice([each for each in self.launchers if each.priority == highest])

    def request(self, key: Any, events: LauncherEvents, requirement: Any = None) -> Ticket:
        """Queue with the launcher that is chosen now."""
        return self.choose().request(key, events, requirement)

    def adopt(self, handle: Mapping[str, Any], key: Any, events: LauncherEvents) -> Ticket | None:
        """Watch a process with the first launcher that can read its handle."""
        errors = []
        for launcher in self.launchers:
            try:
                return launcher.adopt(handle, key, events)
            except HandleError as error:
                errors.append(str(error))
        raise HandleError("; ".join(errors))

    def close(self) -> None:
        """Close all launchers."""
        for launcher in self.launchers:
            launcher.close()
