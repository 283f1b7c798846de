"""References to what the folders of a task's dependencies record already.

A dependent refers to it instead of copying it, so that each task in a chain costs its own part.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path

from xpm_config import Config, ConfigInformation
from xpm_serialize._format.json_types import Json, JsonObject
from xpm_serialize._objects.configs import Loaded, information, items

#: A place in a job's `params.json`: an argument, then positions, keys and arguments
Place = list[Json]

# Producer → places of what its arguments hold. Kept as long as the producer itself, so that
# many dependents of one task look into it once.
_places: dict[int, tuple[weakref.ref[Loaded], dict[int, Place]]] = {}


class JobReferences:
    """Finds the configurations that are recorded in the folder of another job.

    Args:
        root: the task that is written: nothing of it is recorded elsewhere.
        workspace: the workspace; references are relative to it.
    """

    __slots__ = ("_elsewhere", "_root", "_workspace")

    def __init__(self, root: Config, workspace: Path) -> None:
        self._root = root
        self._workspace = f"{workspace}{os.sep}"
        self._elsewhere: dict[int, tuple[str, Place]] = {}

    def __call__(self, info: ConfigInformation) -> JsonObject | None:
        """Return where a configuration is recorded, for its record; `None` if nowhere."""
        task: Loaded | None = info.task
        config: Loaded = info.pyobject
        if task is None or task is self._root:
            return None
        folder = self._folder(task)
        if folder is None:
            return None
        if task is config:
            return {"job": folder, "at": []}
        found = self._elsewhere.get(id(config))
        if found is None:
            places = places_in(task)
            if id(config) in places:
                found = folder, places[id(config)]
            else:
                # A configuration that the task has made: it is written here, but what it holds
                # of the task's own arguments is not.
                for key, place in places.items():
                    self._elsewhere.setdefault(key, (folder, place))
                return None
        return {"job": found[0], "at": found[1]}

    def _folder(self, task: Loaded) -> str | None:
        """Return the folder of a task that was submitted here, relative to the workspace."""
        path: str | os.PathLike[str] | None = getattr(task.__xpm__.job, "path", None)
        if path is None:
            return None
        text = os.fspath(path)
        if not text.startswith(self._workspace):
            return None
        return text[len(self._workspace) :]


def places_in(task: Loaded) -> dict[int, Place]:
    """Return the places of the configurations in a task's arguments, by `id`.

    What other tasks have produced has a place, but what it holds has none: it is recorded
    in the folders of these tasks.
    """
    key = id(task)
    cached = _places.get(key)
    if cached is None or cached[0]() is not task:
        cached = weakref.ref(task, lambda _: _places.pop(key, None)), _find_places(task)
        _places[key] = cached
    return cached[1]


def _find_places(task: Loaded) -> dict[int, Place]:
    found: dict[int, Place] = {}
    todo: list[tuple[object, Place]] = [(task, [])]
    while todo:
        value, place = todo.pop()
        info = information(value)
        if info is not None:
            if id(value) in found:
                continue
            found[id(value)] = place
            if info.task in (None, task):
                todo += [(item, [*place, argument.name]) for argument, item in items(info)]
        elif isinstance(value, dict):
            if set(map(type, value)) <= {str} and "type" not in value:
                todo += [(item, [*place, key]) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            todo += [(item, [*place, index]) for index, item in enumerate(value)]
    del found[id(task)]
    return found
