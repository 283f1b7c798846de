"""How much time a job has left, as its launcher said when it started it."""

from __future__ import annotations

import os
import time

#: Holds when a job's time is over, in seconds since the epoch
VARIABLE = "XPM_DEADLINE"


#: What the variable says, and when that is on a clock that nobody sets
_known: tuple[str, float] | None = None


def remaining_time() -> float | None:
    """Return the seconds that the job which calls this has left.

    What is read from the system's clock is read once: set later, it changes nothing.

    Returns:
        None when there is no time limit, or no launcher that tells it.
    """
    global _known
    said = os.environ.get(VARIABLE)
    if said is None:
        return None
    if _known is None or _known[0] != said:
        try:
            _known = said, time.monotonic() + float(said) - time.time()
        except ValueError:
            return None
    return max(0.0, _known[1] - time.monotonic())
