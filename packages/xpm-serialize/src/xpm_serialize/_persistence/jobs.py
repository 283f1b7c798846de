"""Load the tasks of job folders."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from xpm_serialize._reading.config_reader import ConfigReader
from xpm_serialize._reading.job_folders import PARAMS, JobFolders

from .load import Location, reader_maker


def from_task_dir(
    path: Location, as_instance: bool = False, partial_loading: bool | None = None
) -> Any:
    """Load the task of a job's folder.

    Args:
        path: the folder, which holds `params.json`, or a function that returns where that is.
        as_instance: make a value object; a configuration if false.
        partial_loading: see `load`.

    Returns:
        The task.

    Raises:
        DefinitionNotFoundError: there is no such file.
        DependencyGoneError: the folder of a job that it uses does not exist any more.
        DefinitionFileError: the file is not what it should be.
        ClassNotFoundError: a class cannot be found, or may not be loaded.
    """
    params = Path(path(PARAMS)) if callable(path) else Path(path) / PARAMS
    make = reader_maker(as_instance, partial_loading)
    reader, last, _ = JobFolders(make).open_task(params)
    return reader.load(last)


def load_job(params: str | Path, discard_id: bool = True) -> tuple[dict[str, Any], Any]:
    """Load the task of a job, and the document that holds it.

    Args:
        params: the job's `params.json`.
        discard_id: identify the task by what it is now; if false, submitted tasks keep the
            identifiers that were recorded.

    Returns:
        The document, and the task as a configuration.

    Raises:
        DefinitionNotFoundError: there is no such file.
        DefinitionFileError: it is not what it should be.
        ClassNotFoundError: a class cannot be found, or may not be loaded.
    """
    folders = JobFolders(partial(ConfigReader, keep=not discard_id))
    reader, last, document = folders.open_task(Path(params))
    return document, reader.load(last) if discard_id else reader.load_task(last)
