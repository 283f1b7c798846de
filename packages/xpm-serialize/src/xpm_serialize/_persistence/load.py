"""Load what was saved."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Union

from xpm_serialize._format.document import as_document, check_document, objects
from xpm_serialize._format.json_types import Json, JsonObject
from xpm_serialize._format.source import DataLoader, Source, read_json
from xpm_serialize._reading.config_reader import ConfigReader
from xpm_serialize._reading.group import Group
from xpm_serialize._reading.instance_reader import InstanceReader
from xpm_serialize._reading.job_folders import (
    MakeReader,
)
from xpm_serialize._reading.reader import Reader
from xpm_serialize._writing.context import SerializedPath, SerializedPathLoader
from xpm_serialize._writing.save import DEFINITION
from xpm_serialize.exceptions import DefinitionFileError, DefinitionNotFoundError, UnsafePathError

#: What release 1 called the definition.
OLD_DEFINITION = "definition.json"

Location = Union[str, Path, SerializedPathLoader]  # noqa: UP007 # made when it is run


def load(
    path: Location,
    as_instance: bool = False,
    partial_loading: bool | None = None,
    definition_filename: str | None = None,
    *,
    files: bool = True,
) -> Any:
    """Load what `save` wrote.

    Args:
        path: the folder, or a function that returns where things are that the definition refers
            to: it is called with the definition's name, then a `SerializedPath` for each data
            file.
        as_instance: make value objects; configurations if false.
        partial_loading: do not load the tasks that have produced configurations; a stub with
            the task's identifier stands for each. By default, as `as_instance`.
        definition_filename: the file of the definition; by default `experimaestro.json` or
            `definition.json`, the first that is there.
        files: whether scripts that the definition names may be executed to find a class;
            refuse it for what comes from a place that you do not trust.

    Returns:
        What was saved: a configuration, or the nesting of lists, tuples and dictionaries.

    Raises:
        DefinitionNotFoundError: there is no definition.
        DefinitionFileError: it is not what it should be, or leads out of its folder.
        ClassNotFoundError: a class cannot be found, or may not be loaded.
    """
    document, name = _read_definition(path, definition_filename)
    return _restore(document, name, path, as_instance, partial_loading, files)


def deserialize(
    path: Location,
    as_instance: bool = False,
    partial_loading: bool | None = None,
    definition_filename: str | None = None,
    *,
    files: bool = True,
) -> Any:
    """Load what `serialize` wrote (arguments and errors as for `load`).

    Returns:
        The instance, its init tasks having been executed, if `as_instance`; else the
        configuration and the list of its init tasks. What `save` wrote has none.
    """
    obj, init_tasks = _deserialize(path, as_instance, partial_loading, definition_filename, files)
    return obj if as_instance else (obj, init_tasks)


def deserialize_object(
    path: Location,
    as_instance: bool = False,
    partial_loading: bool | None = None,
    definition_filename: str | None = None,
) -> Any:
    """Load what `serialize` or `save` wrote (see `deserialize`), without its init tasks."""
    return _deserialize(path, as_instance, partial_loading, definition_filename, True)[0]


def _deserialize(
    path: Location,
    as_instance: bool,
    partial_loading: bool | None,
    definition_filename: str | None,
    files: bool,
) -> tuple[Any, list[Any]]:
    document, name = _read_definition(path, definition_filename)
    loaded = _restore(document, name, path, as_instance, partial_loading, files)
    if not _has_init_tasks(document):
        return loaded, []
    obj, init_tasks = loaded
    if as_instance:
        for task in init_tasks:
            task.execute()
    return obj, list(init_tasks)


def from_state_dict(
    state: Mapping[str, Any],
    path: Location | None = None,
    *,
    as_instance: bool = False,
    partial_loading: bool | None = None,
    files: bool = True,
) -> Any:
    """Make configurations of their state (see `state_dict`).

    Args:
        state: the state.
        path: the folder that holds the data files, or a function (see `load`); by
            default, their paths are taken as they are.
        as_instance: make value objects; configurations if false.
        partial_loading: see `load`.
        files: see `load`.

    Returns:
        What the state was made of.

    Raises:
        DefinitionFileError: the state is not what it should be.
        ClassNotFoundError: a class cannot be found, or may not be loaded.
    """
    return _restore(state, "state", path, as_instance, partial_loading, files)


def load_objects(
    records: Sequence[Any], as_instance: bool = False, partial_loading: bool | None = None
) -> dict[int, Any]:
    """Make all the objects of a list of records.

    Args:
        records: the records, as in a definition's `objects`.
        as_instance: make value objects; configurations if false.
        partial_loading: see `load`.

    Returns:
        id → object.
    """
    source = Source("objects", records)
    reader = reader_maker(as_instance, partial_loading)(source, _no_jobs, Group())
    return {number: reader.load(number) for number in source.by_id}


def reader_maker(as_instance: bool, partial_loading: bool | None) -> MakeReader:
    """Return what makes the reader of a file."""
    if as_instance:
        return InstanceReader
    return partial(ConfigReader, partial=bool(partial_loading))


def _no_jobs(job: str, source: Source) -> Reader[Any]:
    raise DefinitionFileError(
        f"{source.name}: refers to the job folder {job}, which is not known here"
    )


def _restore(
    document: Mapping[str, Json],
    name: str,
    path: Location | None,
    as_instance: bool,
    partial_loading: bool | None,
    files: bool,
) -> Any:
    checked = check_document(document, name)
    if "data" not in checked:
        raise DefinitionFileError(f'{name}: expected "data"')
    source = Source(name, objects(checked), data=_data_loader(path, name), files=files)
    reader = reader_maker(as_instance, partial_loading)(source, _no_jobs, Group())
    return reader.load_value(checked["data"])


def _read_definition(path: Location, filename: str | None) -> tuple[JsonObject, str]:
    """Return the definition in a folder, and its file."""
    names = [DEFINITION, OLD_DEFINITION] if filename is None else [filename]
    for name in names:
        try:
            found = Path(path(name)) if callable(path) else Path(path) / name
            document = read_json(found)
        except FileNotFoundError:
            continue
        return check_document(as_document(document), str(found)), str(found)
    where = "" if callable(path) else f" in {os.fspath(path)}"
    raise DefinitionNotFoundError(f"there is no definition ({' or '.join(names)}){where}")


def _has_init_tasks(document: JsonObject) -> bool:
    """Whether a definition holds an object and its init tasks, as `serialize` writes them."""
    if document.get("serialized") is True:
        return True
    if "version" in document:
        return False
    # As 2.x writes it.
    data = document.get("data")
    return type(data) is list and len(data) == 2 and type(data[1]) is list


def _data_loader(path: Location | None, name: str) -> DataLoader | None:
    if path is None:
        return None
    if callable(path):
        resolve = path
        return lambda value, is_folder: Path(resolve(SerializedPath(value, is_folder)))
    folder = Path(path)

    def inside(value: str, is_folder: bool) -> Path:
        del is_folder
        found = folder / value
        root = os.path.realpath(folder)
        real = os.path.realpath(found)
        if real != root and not real.startswith(root.rstrip(os.sep) + os.sep):
            raise UnsafePathError(f"{name}: {value!r} is a link that leads out of the folder")
        return found

    return inside
