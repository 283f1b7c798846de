"""Reading the state of a workspace: experiments, runs and jobs, live or long ended.

Start from `WorkspaceState`. Reading writes nothing, takes no lock that anybody waits
for, and works while a driver runs, after its end, and after it was killed; workspaces of
releases 2.x are read too.

The public names are loaded when they are first used: a driver needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_os.jsonl import Problem as Problem

    from ._state.job_folder import JobDetails as JobDetails
    from ._state.legacy_provider import WorkspaceStateProvider as WorkspaceStateProvider
    from ._state.records import Changes as Changes
    from ._state.records import ExperimentStatus as ExperimentStatus
    from ._state.records import JobRecord as JobRecord
    from ._state.run import RunState as RunState
    from ._state.workspace import WorkspaceState as WorkspaceState

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

_HOMES = {
    "Changes": "xpm_scheduler._state.records",
    "ExperimentStatus": "xpm_scheduler._state.records",
    "JobDetails": "xpm_scheduler._state.job_folder",
    "JobRecord": "xpm_scheduler._state.records",
    "Problem": "xpm_os.jsonl",
    "RunState": "xpm_scheduler._state.run",
    "WorkspaceState": "xpm_scheduler._state.workspace",
    "WorkspaceStateProvider": "xpm_scheduler._state.legacy_provider",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
