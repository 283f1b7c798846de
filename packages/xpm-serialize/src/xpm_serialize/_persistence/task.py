"""Load the task of a job's folder: what a job's process does first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xpm_serialize._format.class_lookup import set_own_process
from xpm_serialize._format.source import Source
from xpm_serialize._reading.group import Group
from xpm_serialize._reading.instance_reader import InstanceReader
from xpm_serialize._reading.job_folders import JobFolders, MakeReader
from xpm_serialize._reading.reader import JobReaders, Reader
from xpm_serialize.exceptions import DefinitionFileError


class LoadedTask:
    """A task as it was loaded.

    Attributes:
        task: the task.
        init_tasks: what is to be executed before it, in order.
        tags: the task's tags.
        document: what `params.json` holds.
    """

    __slots__ = ("document", "init_tasks", "tags", "task")

    def __init__(
        self, task: Any, init_tasks: list[Any], tags: dict[str, Any], document: dict[str, Any]
    ) -> None:
        self.task = task
        self.init_tasks = init_tasks
        self.tags = tags
        self.document = document


def load_task(params: Path, *, as_instance: bool = True, own_process: bool = False) -> LoadedTask:
    """Load the task of a job's folder.

    Args:
        params: the job's `params.json`.
        as_instance: make value objects, directly; configurations if false.
        own_process: this process is the task's own: a script that was run as `__main__` becomes
            its main module, so that what is pickled here finds its classes elsewhere.

    Returns:
        The task, its init tasks and its tags. Nothing was executed but what making the objects
        takes: the modules of their classes, `__init__` and `__post_init__`.

    Raises:
        DefinitionNotFoundError: there is no such file.
        DefinitionFileError: it is not what it should be.
        ClassNotFoundError: a class cannot be found, or may not be loaded.
    """
    if own_process:
        set_own_process()
    make: MakeReader = InstanceReader if as_instance else _config_reader
    reader, last, document = JobFolders(make).open_task(Path(params))
    init = [reader.load(number) for number in reader.source.init_ids(last)]
    task = reader.load(last)
    tags = document.get("tags", {})
    if type(tags) is not dict:
        raise DefinitionFileError(f"{params}: expected tags by name, got {tags!r}")
    return LoadedTask(task, init, tags, document)


def _config_reader(source: Source, jobs: JobReaders, group: Group) -> Reader[Any]:
    # Not needed by a job: its process does not pay for it.
    from xpm_serialize._reading.config_reader import ConfigReader

    return ConfigReader(source, jobs, group)
