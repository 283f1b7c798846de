"""What the folders of a task's dependencies record already.

A dependent refers to it instead of copying it, so that each task in a chain costs its own part.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xpm_serialize._objects.configs import information, items

#: A place in a job's ``params.json``: argument, then positions, keys and arguments.
Place = list[Any]

# Producer → places of what its arguments hold. Kept as long as the producer itself, so that
# many dependents of one task look into it once.
_known: dict[int, tuple[weakref.ref[Any], dict[int, Place]]] = {}


class JobReferences:
    """Says which configurations are recorded in the folder of another job.

    Args:
        root: the task that is written: nothing of it is elsewhere.
        workspace: the workspace; references are relative to it.
    """

    __slots__ = ("_elsewhere", "_root", "_workspace")

    def __init__(self, root: Any, workspace: Path) -> None:
        self._root = root
        self._workspace = f"{workspace}{os.sep}"
        self._elsewhere: dict[int, tuple[str, Place]] = {}

    def __call__(self, info: Any) -> Mapping[str, Any] | None:
        """Where a configuration is recorded, as part of its record; ``None`` if nowhere."""
        task, config = info.task, info.pyobject
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
                # A configuration made for the occasion: it is written here, but what it holds
                # of the task's own arguments is not.
                for key, place in places.items():
                    self._elsewhere.setdefault(key, (folder, place))
                return None
        return {"job": found[0], "at": found[1]}

    def _folder(self, task: Any) -> str | None:
        """The folder of a task that was submitted here, relative to the workspace."""
        path = getattr(task.__xpm__.job, "path", None)
        if path is None:
            return None
        text: str = os.fspath(path)
        if not text.startswith(self._workspace):
            return None
        return text[len(self._workspace) :]


def places_in(task: Any) -> dict[int, Place]:
    """The places of the configurations in a task's arguments, by ``id``.

    What other tasks have produced has a place, but what it holds has none: it is recorded
    there.
    """
    key = id(task)
    known = _known.get(key)
    if known is None or known[0]() is not task:
        known = weakref.ref(task, lambda _: _known.pop(key, None)), _find_places(task)
        _known[key] = known
    return known[1]


def _find_places(task: Any) -> dict[int, Place]:
    found: dict[int, Place] = {}
    todo: list[tuple[Any, Place]] = [(task, [])]
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
