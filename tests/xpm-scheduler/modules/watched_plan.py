"""A plan to be watched: `python watched_plan.py WORKSPACE GATE`."""

from __future__ import annotations

import sys
from pathlib import Path

from sample import wait_for

from xpm_config import Config, Meta, Param, field
from xpm_scheduler import Task, experiment, progress


class Step(Task):
    """Reports that it is half way, and waits for a file."""

    name: Param[str]
    needs: Param[list[Config]] = field(default_factory=list)
    gate: Meta[Path | None] = field(default=None)
    fail: Meta[bool] = field(default=False)

    def execute(self) -> None:
        progress(0.5, desc="half")
        progress(0.25, level=1, desc="inner")
        if self.gate is not None:
            wait_for(self.gate)
        if self.fail:
            raise ValueError("as it was told")


def main(workspace: str, gate: str) -> None:
    """Run a plan with tasks that end in all ways."""
    with experiment(workspace, "watched") as xp:
        xp.run_tags.append("first")
        Step.C(name="quick").tag("kind", "short").submit()
        bad = Step.C(name="bad", fail=True).submit()
        Step.C(name="after", needs=[bad]).submit()
        slow = Step.C(name="slow", gate=Path(gate)).submit()
        Step.C(name="last", needs=[slow]).submit()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
