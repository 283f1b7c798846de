"""Tasks that share a token with other plans: ``token_plan.py FOLDER FIRST COUNT TOTAL SECONDS``.

Each needs one unit, every fifth all of them. The workspace and the journal are in the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fault_tasks import Guarded

from xpm_launchers import CounterToken
from xpm_scheduler import experiment


def main(folder: Path, first: int, count: int, total: int, seconds: float) -> int:
    token = CounterToken("units", folder / "token", total)
    with experiment(folder / "ws", f"tokens-{first}") as xp:
        for number in range(first, first + count):
            units = total if number % 5 == 4 else 1
            journal = folder / "journal"
            task = Guarded.C(number=number, journal=journal, seconds=seconds, units=units)
            token(units, task).submit()
        print("submitted", flush=True)
    return 1 if xp.failed else 0


if __name__ == "__main__":
    folder, first, count, total, seconds = sys.argv[1:]
    sys.exit(main(Path(folder), int(first), int(count), int(total), float(seconds)))
