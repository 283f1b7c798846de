"""How processes end.

A module of its own: the fork server loads it, and nothing else of the interface.
"""

from __future__ import annotations

from typing import NamedTuple


class ProcessExit(NamedTuple):
    """How a process ended.

    Attributes:
        code: Exit status, `-N` when signal N ended it, None when it is not known.
        reason: None (success), `"failed"`, `"memory"`, `"timeout"`, `"cancelled"` or `"lost"`.
        message: One line for people.
        max_rss: Peak of the resident memory, in bytes.
        cpu_time: Processor time, user and system, in seconds.
    """

    code: int | None
    reason: str | None = None
    message: str = ""
    max_rss: int | None = None
    cpu_time: float | None = None


#: The older name of it
ProcessEnd = ProcessExit
