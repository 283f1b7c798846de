"""How much time a job has left, as its launcher said when it started it."""

from __future__ import annotations

import os
import time

#: Holds when a job's time is over, in seconds since the epoch
VARIABLE = "XPM_DEADLINE"


def remaining_time() -> float | None:
    """Return the seconds that the job which calls this has left.

    :returns: None when there is no time limit, or no launcher that tells it.
    """
    try:
        return max(0.0, float(os.environ[VARIABLE]) - time.time())
    except (KeyError, ValueError):
        return None
