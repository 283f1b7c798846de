"""A plan of chains of steps, run as a program: ``chain_plan.py WORKSPACE JOURNAL SECONDS``."""

from __future__ import annotations

import sys
from pathlib import Path

from sample import Step

from xpm_scheduler import experiment

#: Number of chains, and of steps in each.
CHAINS, LENGTH = 3, 5


def main(workspace: Path, journal: Path, seconds: float, name: str) -> int:
    with experiment(workspace, name) as xp:
        for chain in range(CHAINS):
            before: list[Step] = []
            for position in range(LENGTH):
                number = chain * 100 + position
                step = Step.C(number=number, journal=journal, before=before, seconds=seconds)
                before = [step.submit()]
        print("submitted", flush=True)
    return 1 if xp.failed else 0


if __name__ == "__main__":
    name = sys.argv[4] if len(sys.argv) > 4 else "chains"
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), name))
