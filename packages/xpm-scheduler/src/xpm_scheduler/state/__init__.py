"""Reading the state of a workspace: experiments, runs and jobs, live or long ended.

Start from :class:`WorkspaceState`. Reading writes nothing, takes no lock that anybody waits
for, and works while a driver runs, after its end, and after it was killed; workspaces of
releases 2.x are read too.

The public names are loaded when they are first used: a driver needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._folders import JobDetails as JobDetails
    from ._problems import Problem as Problem
    from ._provider import WorkspaceStateProvider as WorkspaceStateProvider
    from ._records import Changes as Changes
    from ._records import ExperimentStatus as ExperimentStatus
    from ._records import JobRecord as JobRecord
    from ._run_state import RunState as RunState
    from ._workspace_state import WorkspaceState as WorkspaceState

__all__ = [
    # What is read
    "RunState",
    "WorkspaceState",
    # What it says
    "Changes",
    "ExperimentStatus",
    "JobDetails",
    "JobRecord",
    "Problem",
    # Under the name of release 2.x
    "WorkspaceStateProvider",
]

_HOME_OF = {
    "Changes": "_records",
    "ExperimentStatus": "_records",
    "JobDetails": "_folders",
    "JobRecord": "_records",
    "Problem": "_problems",
    "RunState": "_run_state",
    "WorkspaceState": "_workspace_state",
    "WorkspaceStateProvider": "_provider",
}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
