"""How the jobs of a launch server end, and whom that is told."""

from __future__ import annotations

import signal
from contextlib import suppress

from xpm_launchers._procinfo import LINUX

from ._children import Ended
from ._jobs import Identity, describe_end

#: Ends that are kept
KEPT = 1000


class Ends:
    """Tells drivers the ends of children, and keeps the last ones.

    They are kept for drivers that looked when the process still ran, and ask when it is no more.
    """

    def __init__(self) -> None:
        self._kept: dict[Identity, dict[str, object]] = {}
        self._oom_kills = _oom_kills()

    def tell(self, ended: Ended) -> None:
        """Tell an end to every driver that watches the job."""
        job, code = ended.job, ended.code
        memory = False
        if code == -signal.SIGKILL:
            kills = _oom_kills()
            memory, self._oom_kills = kills > self._oom_kills, kills
        reason, message = describe_end(code, job.terminated, memory)
        fields: dict[str, object] = {
            "code": code,
            "reason": reason,
            "message": message,
            "max_rss": ended.max_rss,
            "cpu_time": ended.cpu_time,
        }
        self._kept[job.pid, job.start] = fields
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        for each in (job, *job.followers):
            each.tell("ended", **fields)
            each.leave()

    def recall(self, process: Identity) -> dict[str, object] | None:
        """Return the end of a process, as it is told, if it is kept."""
        return self._kept.get(process)


def _oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since boot."""
    if LINUX:
        with suppress(OSError), open("/proc/vmstat", "rb") as stream:
            for line in stream:
                if line.startswith(b"oom_kill "):
                    return int(line.split()[1])
    return 0
