"""For tests of plans: begin as a new process would."""

from __future__ import annotations

from ._engine.scheduler import Scheduler
from ._experiment.experiment import experiment
from ._tasks.open_plans import open_plans
from ._workspace.workspace import Workspace

__all__ = ["reset"]


def reset() -> None:
    """Forget all that this process knows of jobs, preparations, launchers and experiments.

    What is on disk stays, and what runs goes on.

    Raises:
        RuntimeError: an experiment is open.
    """
    if len(open_plans):
        raise RuntimeError(f"reset: {len(open_plans)} experiments are open; leave them first")
    Scheduler._instance = None
    Workspace._default_launcher = None
    experiment.CURRENT = None
