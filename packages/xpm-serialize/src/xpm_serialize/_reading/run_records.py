"""Records of jobs whose folders are gone, as runs have kept them."""

from __future__ import annotations

from pathlib import Path

from xpm_serialize._format.json_types import Record
from xpm_serialize._format.jsonl import UniqueIds, read_lines
from xpm_serialize._format.source import Source


def recover(workspace: Path, job: str) -> Source | None:
    """Return the records of a job, from the newest run of the workspace that has submitted it.

    Args:
        workspace: the workspace.
        job: the job's folder in it, `jobs/<task id>/<identifier>`.

    Returns:
        Records of which the last one is the task, or `None` if no run has recorded it.
    """
    task_id, _, identifier = job.removeprefix("jobs/").partition("/")
    files = sorted(workspace.glob("experiments/*/*/objects.jsonl"), key=lambda p: p.parent.name)
    for path in reversed(files):
        if identifier.encode() not in path.read_bytes():
            continue
        source = Source(str(path), [])
        ids = UniqueIds(source)
        for record in read_lines(path):
            added = source.by_id[ids.add(record)]
            if added.get("identifier") == identifier and _task_id(added) == task_id:
                return source
    return None


def _task_id(record: Record) -> str:
    return f"{record['module']}.{record['type']}".lower()
