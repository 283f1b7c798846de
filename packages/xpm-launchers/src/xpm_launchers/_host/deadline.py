"""How much time a job has left, by what its launcher wrote when it started it."""

from __future__ import annotations

import os
import time

#: The variable that holds when a job's time is over, in seconds since the epoch
DEADLINE = "XPM_DEADLINE"

#: The variable's text, and its time on a clock that is never set
_deadline: tuple[str, float] | None = None


def remaining_time() -> float | None:
    """Return the seconds that the job which calls this has left.

    What is read from the system's clock is read once: set later, it changes nothing.

    Returns:
        None when there is no time limit, or the launcher gives none to the job.
    """
    global _deadline
    text = os.environ.get(DEADLINE)
    if text is None:
        return None
    if _deadline is None or _deadline[0] != text:
        try:
            _deadline = text, time.monotonic() + float(text) - time.time()
        except ValueError:
            return None
    return max(0.0, _deadline[1] - time.monotonic())
