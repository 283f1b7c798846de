"""The user's settings, as Python objects."""

from __future__ import annotations

from pathlib import Path

import attrs


def _path(value: str | Path) -> Path:
    return Path(value)


@attrs.define
class HistorySettings:
    """How many runs of an experiment are kept.

    Attributes:
        max_done: number of successful runs.
        max_failed: number of failed runs.
    """

    max_done: int = 5
    max_failed: int = 1


@attrs.define
class WorkspaceSettings:
    """Settings of one workspace.

    Attributes:
        id: its name.
        path: its folder; ``~`` is the home folder.
        env: environment variables of its jobs.
        triggers: patterns of the experiments that use it.
        max_retries: how often a resumable task is run, at most.
        history: how many runs are kept.
    """

    id: str
    path: Path = attrs.field(converter=_path)
    env: dict[str, str] = attrs.field(factory=dict)
    triggers: list[str] = attrs.field(factory=list)
    max_retries: int = 3
    history: HistorySettings = attrs.field(factory=HistorySettings)


@attrs.define
class Settings:
    """All settings.

    Attributes:
        env: environment variables of all jobs.
        workspaces: the workspaces; the first is the default.
        history: how many runs are kept where a workspace does not say.
    """

    env: dict[str, str] = attrs.field(factory=dict)
    workspaces: list[WorkspaceSettings] = attrs.field(factory=list)
    history: HistorySettings = attrs.field(factory=HistorySettings)
