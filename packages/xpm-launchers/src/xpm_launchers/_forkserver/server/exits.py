"""How the jobs of a launch server end, and whom that is told."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from .children import Ended
from .jobs import Identity, Job, describe_end

#: Ends that are kept
KEPT = 1000


class Ends:
    """Tells drivers the ends of children, and keeps the last ones.

    They are kept for drivers that looked when the process still ran, and ask when it is no more.
    """

    def __init__(self) -> None:
        self._kept: dict[Identity, dict[str, object]] = {}
        self._oom_kills = oom_kills()

    def tell(self, ended: Ended) -> None:
        """Tell an end to every driver that watches the job."""
        job, code = ended.job, ended.code
        memory = False
        if code == -signal.SIGKILL:
            kills = oom_kills()
            memory, self._oom_kills = kills > self._oom_kills, kills
        reason, message = describe_end(code, job, memory)
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

    def tell_unseen(self, job: Job) -> None:
        """Tell that a process is gone which was nobody's child here."""
        reason, message = "lost", "how it ended is not known"
        if job.overdue:
            reason, message = "timeout", "its time limit was reached"
        elif job.terminated:
            reason, message = "cancelled", "it was asked to end; how it did is not known"
        job.tell("ended", code=None, reason=reason, message=message)
        job.leave()

    def recall(self, process: Identity) -> dict[str, object] | None:
        """Return the end of a process, as it is told, if it is kept."""
        return self._kept.get(process)


def oom_kills() -> int:
    """How many processes of this control group, or host, were killed for want of memory so far."""
    path = _memory_events()
    with suppress(OSError), open(path, "rb") as stream:
        for line in stream:
            if line.startswith(b"oom_kill "):
                return int(line.split()[1])
    return 0


def _memory_events() -> str:
    """The file that counts, the narrowest there is: the control group's (cgroups(7)) or the host's.

    Jobs are in the control group of their server, unless they move themselves.
    """
    with suppress(OSError), open("/proc/self/cgroup", encoding="utf-8") as stream:
        for line in stream:
            number, _, path = line.strip().split(":", 2)
            if number == "0":
                events = f"/sys/fs/cgroup{path.rstrip('/')}/memory.events"
                return events if os.path.exists(events) else "/proc/vmstat"
    return "/proc/vmstat"
