"""Job folders: their `params.json`, and the workspace that holds them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xpm_serialize._format.document import check_document, objects
from xpm_serialize._format.json_types import Json, JsonObject
from xpm_serialize._format.source import Source, check_relative, read_json
from xpm_serialize.exceptions import (
    DefinitionFileError,
    DefinitionNotFoundError,
    DependencyGoneError,
)

from .group import Group
from .reader import JobReaders, Reader

PARAMS = "params.json"
_MARKER = ".__experimaestro__"

#: Makes the reader of a file
MakeReader = Callable[[Source, JobReaders, Group], Reader[Any]]


class JobFolders:
    """The job folders that one load reads, each once.

    Args:
        make_reader: makes the reader of a file.
    """

    def __init__(self, make_reader: MakeReader) -> None:
        self._make_reader = make_reader
        self._group = Group()
        self._group.exists = self._exists
        self._readers: dict[str, Reader[Any]] = {}
        self._workspaces: dict[str, Path | None] = {}

    def open(self, params: Path) -> tuple[Reader[Any], JsonObject]:
        """Return the reader of a job's parameters, and the document.

        Raises:
            DefinitionNotFoundError: there is no such file.
            VersionError: it is of a version that is not known.
            DefinitionFileError: it is not what it should be.
        """
        document = check_document(read_json(params), os.fspath(params))
        name = os.fspath(params)
        folder = params.parent
        workspace = find_workspace(folder, document.get("workspace"))
        source = Source(name, objects(document), bases={"job": folder, "workspace": workspace})
        self._workspaces[name] = workspace
        reader = self._make_reader(source, self._other, self._group)
        return reader, document

    def open_task(self, params: Path) -> tuple[Reader[Any], int, JsonObject]:
        """Return the reader of a job's parameters, the id of its task, and the document.

        Raises:
            DefinitionFileError: there is no object, or as `open`.
        """
        reader, document = self.open(params)
        if reader.source.last is None:
            raise DefinitionFileError(f"{params}: there is no object")
        return reader, reader.source.last, document

    def _other(self, job: str, origin: Source) -> Reader[Any]:
        """Return the reader of a job folder that a file refers to."""
        workspace = self._workspaces.get(origin.name)
        if workspace is None:
            raise DependencyGoneError(
                f"{origin.name}: the workspace that holds the job folder {job} is not known"
            )
        check_relative(job, origin.name)
        params = workspace / job / PARAMS
        reader = self._readers.get(str(params))
        if reader is None:
            try:
                reader, _ = self.open(params)
            except DefinitionNotFoundError:
                reader = self._recover(workspace, job, origin)
            self._readers[str(params)] = reader
        return reader

    def _exists(self, job: str, origin: Source) -> bool:
        workspace = self._workspaces.get(origin.name)
        if workspace is None:
            return False
        check_relative(job, origin.name)
        return os.path.isfile(workspace / job / PARAMS)

    def _recover(self, workspace: Path, job: str, origin: Source) -> Reader[Any]:
        # Rarely needed: a job's process does not pay for it.
        from .run_records import recover

        source = recover(workspace, job)
        if source is None:
            raise DependencyGoneError(
                f"{origin.name}: refers to the job folder {workspace / job}, which is gone, and "
                "no run of the workspace has recorded it"
            )
        return self._make_reader(source, self._other, self._group)


def find_workspace(folder: Path, recorded: Json) -> Path | None:
    """Return the workspace that holds a job's folder.

    The folder's own path counts before what was recorded: workspaces are moved, copied and
    mounted elsewhere.
    """
    around = Path(os.path.realpath(folder)).parents
    if len(around) > 2 and (around[2] / _MARKER).exists():
        return _as_recorded(around[2], recorded)
    if type(recorded) is str and _is_folder(recorded):
        return Path(recorded)
    if len(around) > 2 and around[1].name == "jobs":
        return around[2]
    return None


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:
        return False  # it cannot be the name of a folder


def _as_recorded(found: Path, recorded: Json) -> Path:
    """Return a workspace's path as recorded, if it is the same folder (links are kept)."""
    if type(recorded) is str and recorded != str(found):
        try:
            if os.path.samefile(found, recorded):
                return Path(recorded)
        except (OSError, ValueError):
            return found
    return found
