"""A plan on a disk without room: ``disk_plan.py WORKSPACE JOURNAL STAGE``.

What becomes of each task is printed, a line each: ``NUMBER STATE MESSAGE``. The stages:
``little``, little room is left (whoever starts this sees to it); ``full``, none from here on;
``free``, there is room again.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from fault_tasks import Big, Long, Work

from xpm_scheduler import Task, experiment

#: Bytes of the large file, of the free room of the stage ``little``, and of the disk in all.
SIZE, ROOM, DISK = 300_000, 200_000, 2_000_000


def fill(path: Path, room: int) -> None:
    """Take all the room but some, and have this process write nothing if it cannot be taken."""
    if path.parent.is_mount():
        with path.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                file.truncate(max(0, file.tell() - room))
    elif room == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def main(workspace: Path, journal: Path, stage: str) -> int:
    ballast = workspace / "ballast"
    ballast.unlink(missing_ok=True)
    if stage == "little":
        fill(ballast, ROOM)
    with experiment(workspace, "disk") as xp:
        tasks: list[Task] = []
        if stage == "full":
            fill(ballast, 0)
        else:
            # It goes on while the disk gets full, and ends then.
            tasks.append(Long.C(number=4, journal=journal, gate=workspace / "gate").submit())
        numbers = {"little": range(4), "full": range(10, 14), "free": (*range(4), *range(10, 14))}
        for number in numbers[stage]:
            tasks.append(Work.C(number=number, journal=journal).submit())
        for task in tasks[1:]:
            task.wait()
        if stage != "full":
            tasks.append(Big.C(size=SIZE, journal=journal).submit())
            tasks[-1].wait()
        (workspace / "gate").touch()
    for task in tasks:
        number = getattr(task, "number", SIZE)
        print(number, task.job.state.value, task.job.message, flush=True)
    return 1 if xp.failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
