"""The experiments that are open in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from xpm_scheduler._workspace.opened import OpenStack
from xpm_scheduler._workspace.workspace import open_workspaces

from .interfaces import Plan
from .job import Job

#: The experiments that are open in this process, the innermost last.
open_plans: OpenStack[Plan[Job]] = OpenStack()


def open_plan(plan: Plan[Job]) -> None:
    """Have this thread work for an experiment that it opens."""
    open_plans.push(plan)
    open_workspaces.push(plan.workspace)


def close_plan(plan: Plan[Job]) -> None:
    """Note that an experiment is left."""
    open_plans.remove(plan)
    open_workspaces.remove(plan.workspace)


@contextlib.contextmanager
def using_plan(plan: Plan[Job]) -> Iterator[None]:
    """Work for an experiment in this thread, whichever was opened last."""
    with open_plans.using(plan), open_workspaces.using(plan.workspace):
        yield
