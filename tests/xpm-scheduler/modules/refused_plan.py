"""A plan in a workspace parts of which cannot be written: ``refused_plan.py FOLDER [dry]``."""

from __future__ import annotations

import sys
from pathlib import Path

from fault_tasks import Guarded, Work

from xpm_launchers import CounterToken
from xpm_scheduler import RunMode, SchedulerError, Task, experiment


def main(folder: Path, mode: RunMode) -> int:
    journal = folder / "journal"
    with experiment(folder / "ws", "refused", run_mode=mode) as xp:
        tasks: list[Task] = [Work.C(number=n, journal=journal).submit() for n in (1, 2)]
        tasks.append(Work.C(number=3, journal=journal, before=[tasks[0]]).submit())
        if mode is RunMode.NORMAL:
            token = CounterToken("units", folder / "token", 1)
            tasks.append(token(1, Guarded.C(number=4, journal=journal)).submit())
    for number, task in enumerate(tasks, start=1):
        print(number, task.job.state.value, task.job.message)
    return 1 if xp.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), RunMode.DRY_RUN if sys.argv[2:] else RunMode.NORMAL))
    except (SchedulerError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
