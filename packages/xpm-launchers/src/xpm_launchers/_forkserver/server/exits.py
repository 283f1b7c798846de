"""How the jobs of a fork server ended, and the reports of it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from xpm_launchers._interface.process_exit import ProcessExit
from xpm_os.processes import ProcessId

from .jobs import Job

#: Number of exits that are kept
KEPT = 1000


class Exits:
    """The exits of children, reported to drivers; the last ones are kept.

    They are kept for drivers that look while the process runs, and watch it when it has ended.
    """

    def __init__(self) -> None:
        self._kept: dict[ProcessId, ProcessExit] = {}
        self._oom_kills = oom_kills()

    def report(self, job: Job, exit: ProcessExit) -> None:
        """Report to every driver that watches a child how it ended.

        Args:
            job: The child.
            exit: Its code and usage; reason and message are added here.
        """
        memory = False
        if exit.code == -signal.SIGKILL:
            kills = oom_kills()
            memory, self._oom_kills = kills > self._oom_kills, kills
        reason, message = describe(exit.code or 0, job, memory)
        exit = exit._replace(reason=reason, message=message)
        self._kept[ProcessId(job.pid, job.start)] = exit
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        for each in (job, *job.followers):
            each.report("ended", **exit._asdict())
            each.detach()

    def report_unseen(self, job: Job) -> None:
        """Report that a process is gone which is not a child of this server."""
        reason, message = "lost", "how it ended is not known"
        if job.overdue:
            reason, message = "timeout", "its time limit was reached"
        elif job.terminated:
            reason, message = "cancelled", "it was asked to end; how it did is not known"
        job.report("ended", code=None, reason=reason, message=message)
        job.detach()

    def recall(self, process: ProcessId) -> ProcessExit | None:
        """Return how a process ended, as it was reported, if that is kept."""
        return self._kept.get(process)


def describe(code: int, job: Job, memory: bool) -> tuple[str | None, str]:
    """Return the reason and the message for an exit (`xpm_launchers.ProcessExit`).

    Args:
        code: Exit status, `-N` for signal N.
        job: What ended; it may have been asked to.
        memory: Whether the kernel has been killing processes for memory.
    """
    if code == 0:
        return None, ""
    how = f"exit status {code}" if code > 0 else f"ended by {_signal_name(-code)}"
    if job.overdue:
        return "timeout", f"its time limit of {job.need.duration} s was reached: {how}"
    if code > 0:
        return "failed", how
    if job.terminated or -code in (signal.SIGTERM, signal.SIGINT):
        return "cancelled", how
    if -code == signal.SIGKILL and memory:
        return "memory", "killed by the system, which was out of memory"
    return "failed", how


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def oom_kills() -> int:
    """Return how many processes of this control group, or host, were killed for memory so far."""
    path = _memory_events()
    with suppress(OSError), open(path, "rb") as stream:
        for line in stream:
            if line.startswith(b"oom_kill "):
                return int(line.split()[1])
    return 0


def _memory_events() -> str:
    """Return the narrowest file that counts: the control group's (cgroups(7)) or the host's.

    Jobs are in the control group of their server, unless they move themselves.
    """
    with suppress(OSError), open("/proc/self/cgroup", encoding="utf-8") as stream:
        for line in stream:
            number, _, path = line.strip().split(":", 2)
            if number == "0":
                events = f"/sys/fs/cgroup{path.rstrip('/')}/memory.events"
                return events if os.path.exists(events) else "/proc/vmstat"
    return "/proc/vmstat"
