"""Actions that are to be registered: checked, so that what is listed can be run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from xpm_config import DirectoryContext
from xpm_scheduler.exceptions import ActionError
from xpm_serialize import ObjectWriter, SerializationError

from .action import Action


class RegisteredAction(NamedTuple):
    """An action that can be stored.

    Attributes:
        action: the configuration, sealed.
        identifier: its identifier.
        description: what it does, in a line.
        kind: full name of its class.
    """

    action: Action
    identifier: str
    description: str
    kind: str


class ActionChecker:
    """Checks actions before they are registered: what is listed can be run."""

    def __init__(self) -> None:
        self._writer = ObjectWriter()

    def check(self, action: Any, folder: Path) -> RegisteredAction:
        """Freeze an action, and try what storing it takes.

        Args:
            action: the configuration of an action.
            folder: its generated paths lie in a folder of its own below this one.

        Raises:
            TypeError: it is not such a configuration, or its class is not complete.
            ActionError: it cannot be stored.
        """
        kind = _checked_class(action)
        xpm = action.__xpm__
        xpm.validate()
        identifier = str(xpm.identifier)
        if not xpm.sealed:
            xpm.seal(DirectoryContext(folder / identifier))
        description: Any = action.describe()
        if not isinstance(description, str):
            raise TypeError(
                f"{kind}.describe(): expected a text, got {type(description).__qualname__}"
            )
        try:
            json.dumps(self._writer.records(action))
        except SerializationError as error:
            # What it began must not count as written.
            self._writer = ObjectWriter()
            raise ActionError(f"the action {kind} cannot be stored: {error}") from error
        return RegisteredAction(action, identifier, " ".join(description.split()), kind)


def _checked_class(action: Any) -> str:
    if not isinstance(action, Action) or not hasattr(action, "__xpm__"):
        raise TypeError(
            "add_action: expected the configuration of an action (`MyAction.C(...)`), "
            f"got {type(action).__qualname__}"
        )
    kind: Any = action.__xpm__.xpmtype
    value_type: Any = kind.value_type
    if value_type.execute is Action.execute:
        raise TypeError(f"{value_type.__qualname__} does not define execute(interaction)")
    return str(kind.full_name)
