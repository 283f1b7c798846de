"""How often Python looks through all objects for cycles, while a plan grows."""

from __future__ import annotations

import gc

#: Collections of the middle generation before one of the oldest; Python's own number is 10.
_RARE = 1_000


class RareCollections:
    """Makes collections of the oldest generation rare, for a time.

    The configurations and jobs of a plan live as long as it does. Going through all of them again
    and again, while there are more and more, took a quarter of the time of a plan of 100,000
    tasks. Young cycles, such as users' code leaves, are collected as before.
    """

    def __init__(self) -> None:
        self._before: tuple[int, int, int] | None = None

    def begin(self) -> None:
        """From here on, unless the user has set something rarer."""
        before = gc.get_threshold()
        if before[2] < _RARE:
            self._before = before
            gc.set_threshold(before[0], before[1], _RARE)

    def end(self) -> None:
        """Restore what was set before; do nothing where it was changed meanwhile."""
        before, self._before = self._before, None
        if before is not None and gc.get_threshold() == (before[0], before[1], _RARE):
            gc.set_threshold(*before)
