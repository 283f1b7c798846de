"""Load all that a run of an experiment has recorded."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import attrs

from xpm_serialize._format.document import check_document, objects
from xpm_serialize._format.json_types import Json
from xpm_serialize._format.jsonl import UniqueIds, read_lines
from xpm_serialize._format.source import Source, read_json, short
from xpm_serialize._reading.config_reader import ConfigReader
from xpm_serialize.exceptions import DefinitionFileError, DefinitionNotFoundError

OBJECTS = "objects.jsonl"
#: What early releases of 2.x wrote instead: a definition, as `save` writes it
CONFIGS = "configs.json"
JOBS = "jobs.jsonl"
STATUS = "status.json"


@attrs.frozen
class ExperimentInfo:
    """What a run of an experiment has recorded.

    Attributes:
        jobs: job's identifier → the task's configuration.
        actions: action's identifier → the action.
    """

    jobs: dict[str, Any]
    actions: dict[str, Any]


def load_xp_info(path: str | Path) -> ExperimentInfo:
    """Load the jobs and actions of a run, whether or not their folders are still there.

    Args:
        path: the run's folder (`experiments/<id>/<run>`, or the link `current`).

    Raises:
        DefinitionNotFoundError: the folder holds no `objects.jsonl` (nor the `configs.json`
            of early releases of 2.x).
        DefinitionFileError: a file is not what it should be.
        ClassNotFoundError: a class cannot be found, or may not be loaded.
    """
    folder = Path(path)
    objects = folder / OBJECTS
    if not objects.is_file():
        if (folder / CONFIGS).is_file():
            return _from_configs(folder)
        raise DefinitionNotFoundError(
            f"{folder} holds neither {OBJECTS} nor {CONFIGS}: it is not a run's folder"
        )
    source = Source(str(objects), [])
    wanted = dict.fromkeys(_job_ids(folder / JOBS), "job")
    wanted.update(dict.fromkeys(_action_ids(folder / STATUS), "action"))
    found = _find(source, read_lines(objects), wanted)
    reader = ConfigReader(source, None)
    jobs: dict[str, Any] = {}
    actions: dict[str, Any] = {}
    for identifier, number in found.items():
        if wanted[identifier] == "job":
            jobs[identifier] = reader.load_task(number)
        else:
            actions[identifier] = reader.load(number)
    return ExperimentInfo(jobs=jobs, actions=actions)


def load_run_object(path: str | Path, identifier: str) -> Any:
    """Load one job's task, or one action, of a run, and what it holds: nothing else.

    Args:
        path: the run's folder (`experiments/<id>/<run>`, or the link `current`).
        identifier: its identifier.

    Raises:
        DefinitionNotFoundError: the folder holds no `objects.jsonl`, or that no such object.
        DefinitionFileError: a file is not what it should be.
        ClassNotFoundError: a class cannot be found, or may not be loaded.
    """
    objects = Path(path) / OBJECTS
    if not objects.is_file():
        raise DefinitionNotFoundError(f"{path} holds no {OBJECTS}")
    source = Source(str(objects), [])
    found = _find(source, read_lines(objects), {identifier: "object"})
    if identifier not in found:
        raise DefinitionNotFoundError(f"{objects} has no object {identifier}")
    return ConfigReader(source, None).load(found[identifier])


def load_configs(path: str | Path) -> dict[str, Any]:
    """Return the jobs of a run, as `load_xp_info` has them: use that instead.

    Args:
        path: the run's folder.

    Returns:
        Job's identifier → the task's configuration.
    """
    warnings.warn(
        "load_configs() is deprecated: use load_xp_info(), which has them as .jobs",
        DeprecationWarning,
        stacklevel=2,
    )
    return load_xp_info(path).jobs


def _from_configs(folder: Path) -> ExperimentInfo:
    path = folder / CONFIGS
    document = check_document(read_json(path), str(path))
    data = document.get("data")
    if type(data) is not dict:
        raise DefinitionFileError(f"{path}: expected configurations by job, got {short(data)}")
    reader = ConfigReader(Source(str(path), objects(document)), None)
    actions = set(_action_ids(folder / STATUS))
    info = ExperimentInfo(jobs={}, actions={})
    for identifier, form in data.items():
        if type(form) is not dict or form.get("type") != "python":
            raise DefinitionFileError(f"{path}: expected an object for {short(identifier)}")
        if identifier in actions:
            info.actions[identifier] = reader.load(form.get("value"))
        else:
            info.jobs[identifier] = reader.load_task(form.get("value"))
    return info


def _find(source: Source, records: list[Json], wanted: dict[str, str]) -> dict[str, int]:
    """Add the records to the source, and return the ids of those of jobs and actions."""
    ids = UniqueIds(source)
    found: dict[str, int] = {}
    for record in records:
        number = ids.add(record)
        identifier = source.by_id[number].get("identifier")
        if type(identifier) is str and identifier in wanted:
            # The job itself is written after what it holds: if an init task, for example, has
            # the same identifier, the last one is the job.
            found[identifier] = number
    return found


def _job_ids(path: Path) -> list[str]:
    ids: list[str] = []
    for index, line in enumerate(read_lines(path), 1):
        job_id = line.get("job_id") if type(line) is dict else None
        if type(job_id) is not str:
            raise DefinitionFileError(f"{path}, line {index}: expected an object with a job_id")
        ids.append(job_id)
    return ids


def _action_ids(path: Path) -> list[str]:
    try:
        status = read_json(path)
    except DefinitionNotFoundError:
        return []
    actions = status.get("actions", {}) if type(status) is dict else None
    if type(actions) is not dict:
        raise DefinitionFileError(f"{path}: expected a JSON object with actions by identifier")
    return list(actions)
