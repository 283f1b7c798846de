"""How far a job has come: from its status, and the events written after that."""

from __future__ import annotations

from typing import Any, NamedTuple

from xpm_os.jsonl import LineReader
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler.exceptions import CorruptFileError

from .kinds import DESC, JOB_PROGRESS, KIND, LEVEL, PROGRESS

#: How much of the end of a job's events is read for its progress, when its status does not
#: name the last event that it includes (releases 2.x), in bytes.
_TAIL = 65536


class LevelInformation(NamedTuple):
    """How far one level of a running task has come.

    Attributes:
        level: 0 for the task, 1 for a step of it, and so on.
        desc: what is being done.
        progress: the part that is done, from 0 to 1.
    """

    level: int
    desc: str | None
    progress: float


def read_progress(folder: JobFolder) -> list[LevelInformation]:
    """Return how far a job has come, the task's own level first; empty when that is not known."""
    try:
        status = read_json_object(folder.status) or {}
    except (CorruptFileError, OSError):
        status = {}
    levels = read_levels(folder, status, [])
    return [LevelInformation(each[LEVEL], each[DESC], each[PROGRESS]) for each in levels]


def read_levels(
    folder: JobFolder, status: dict[str, Any], problems: list[str]
) -> list[dict[str, Any]]:
    """Return how far a job has come, as a record for each level.

    Args:
        folder: the job's folder.
        status: the content of the job's status file.
        problems: what cannot be read is added here.
    """
    recorded = status.get("progress")
    levels = [dict(each) for each in recorded if isinstance(each, dict)] if recorded else []
    if status.get("state") != "running":
        return levels
    offset = status.get("events_offset")
    reader = LineReader(folder.events)
    if isinstance(offset, int):
        reader.position = offset
    else:
        reader.start_near_end(_TAIL)
    for event in reader.read():
        if event.get(KIND) == JOB_PROGRESS:
            _set_level(levels, event)
    problems.extend(str(problem) for problem in reader.take_problems())
    return levels


def _set_level(levels: list[dict[str, Any]], event: dict[str, Any]) -> None:
    level, value = event.get(LEVEL), event.get(PROGRESS)
    if not isinstance(level, int) or not isinstance(value, int | float) or not 0 <= level < 100:
        return
    while len(levels) <= level:
        levels.append({LEVEL: len(levels), PROGRESS: 0.0, DESC: None})
    levels[level] = {LEVEL: level, PROGRESS: float(value), DESC: event.get(DESC)}
    # Deeper levels belong to the step before.
    del levels[level + 1 :]
