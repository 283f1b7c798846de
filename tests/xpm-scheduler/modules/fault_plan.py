"""A plan with a bit of everything: ``fault_plan.py FOLDER SECONDS NAME``.

It has chains, a task that needs all of them, tokens, a partial folder, init tasks, and a task
that takes two executions: 30 in all. The workspace is ``FOLDER/ws``, the journal
``FOLDER/journal``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from fault_tasks import Guarded, Partly, Shared, Warm, Work

from xpm_config import Config
from xpm_launchers import CounterToken
from xpm_scheduler import Task, experiment

#: The chains: how many, and how long.
CHAINS, LENGTH = 3, 6
#: Tasks that need units of the token, and the units there are.
GUARDED, UNITS = 6, 2
TASKS = 30
#: The number of the task that is executed twice.
TWICE = 400


def submit(folder: Path, seconds: float) -> Iterator[Task]:
    """Submit the tasks, one after the other."""
    journal = folder / "journal"
    token = CounterToken("units", folder / "token", UNITS)
    for chain in range(CHAINS):
        last: Task | None = None
        for position in range(LENGTH):
            number = chain * 100 + position
            before: list[Config] = [last] if last is not None else []
            last = Work.C(number=number, journal=journal, seconds=seconds, before=before)
            yield last.submit()
    for number in range(300, 300 + GUARDED):
        units = 2 if number == 303 else 1
        guarded = Guarded.C(number=number, journal=journal, seconds=seconds, units=units)
        yield token(units, guarded).submit()
    yield Partly.C(number=TWICE, journal=journal).submit(max_retries=100)
    for number in (500, 501):
        warm = [Warm.C(number=number, journal=journal)]
        yield Work.C(number=number, journal=journal, seconds=seconds).submit(init_tasks=warm)
    for number in (600, 601):
        yield Shared.C(number=number, journal=journal, seconds=seconds).submit()


def main(folder: Path, seconds: float, name: str) -> int:
    with experiment(folder / "ws", name) as xp:
        tasks: list[Config] = list(submit(folder, seconds))
        Work.C(number=700, journal=folder / "journal", before=tasks).submit()
        print("submitted", flush=True)
    return 1 if xp.failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3]))
