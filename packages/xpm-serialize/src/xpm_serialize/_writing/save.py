"""Save configurations to a folder: all of it, or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xpm_os.files import write_atomic
from xpm_serialize._format.document import VERSION, as_document, data_paths, data_references
from xpm_serialize._format.json_types import Json, JsonObject
from xpm_serialize._format.source import read_json
from xpm_serialize.exceptions import (
    NotSerializableError,
    PathConflictError,
    SerializationError,
    UnsafePathError,
)

from .context import SerializationContext
from .staging import stage_beside, stage_in
from .state_dict import collect_state

DEFINITION = "experimaestro.json"
#: The file that lists what a saver has moved into a folder, or is to remove from it
JOURNAL = "journal"


def save(
    obj: Any,
    save_directory: Path | str | None,
    definition_filename: str = DEFINITION,
    *,
    context: SerializationContext | None = None,
) -> None:
    """Save configurations to a folder.

    The folder is left as it was or holds all of the new, also if this is interrupted anywhere.
    Its other files are left alone.

    Args:
        obj: a configuration, or any nesting of lists, tuples and dictionaries of them.
        save_directory: the folder, made if need be. `None` saves nothing, but checks that
            all could be saved.
        definition_filename: the file for the definition.
        context: how data files are saved; they are copied (by hard links if possible) to a path
            made of the names that lead to their argument.

    Raises:
        NotSerializableError: a value has no form in JSON.
        PathConflictError: two data files would share one place, or one is a folder that holds
            the place itself.
        UnsafePathError: `definition_filename` is not the name of a file.
        OSError: the folder cannot be written, or a data file cannot be read.
    """
    _save(obj, [(obj, [])], save_directory, definition_filename, context, {})


def serialize(
    obj: Any,
    save_directory: Path | str | None,
    *,
    init_tasks: Sequence[Any] = (),
    definition_filename: str = DEFINITION,
    context: SerializationContext | None = None,
) -> None:
    """Save a configuration and what must be executed when it is loaded (see `save`).

    Args:
        obj: the configuration.
        save_directory: the folder.
        init_tasks: lightweight tasks that `deserialize` executes on instances, in order.
        definition_filename: the file for the definition.
        context: how data files are saved.
    """
    # The object's data files are where save() would put them.
    roots: list[tuple[object, list[str]]] = [(obj, []), (list(init_tasks), ["__init_tasks__"])]
    content = [obj, list(init_tasks)]
    _save(content, roots, save_directory, definition_filename, context, {"serialized": True})


def _save(
    obj: object,
    roots: list[tuple[object, list[str]]],
    save_directory: Path | str | None,
    definition_filename: str,
    context: SerializationContext | None,
    more: JsonObject,
) -> None:
    if context is None:
        context = SerializationContext()
    if save_directory is None:
        _dump(collect_state(context, obj, roots))
        return
    if os.path.basename(definition_filename) != definition_filename:
        raise UnsafePathError(f"expected the name of a file, got {definition_filename!r}")
    target = Path(save_directory).absolute()  # as mkdtemp's are, from Python 3.12 on

    def build(stage: Path) -> tuple[Path, JsonObject]:
        content = stage / "content"
        content.mkdir()
        context.save_directory = content
        state: JsonObject = {"version": VERSION, **more, **collect_state(context, obj, roots)}
        if (content / definition_filename).exists():
            raise PathConflictError(f"a data file would be saved as {definition_filename!r}")
        return content, state

    if target.is_dir():
        with stage_in(target) as (stage, left):
            for former in left:
                _remove_leftover(former, target)
            content, state = build(stage)
            _merge(stage, content, target, state, definition_filename)
    else:
        with stage_beside(target) as stage:
            content, state = build(stage)
            write_atomic(content / definition_filename, _dump(state), sync=True, stage=stage)
            # A folder that did not exist appears with all that it holds.
            os.rename(content, target)


def _merge(
    stage: Path, content: Path, target: Path, state: JsonObject, definition_filename: str
) -> None:
    """Move what was staged into a folder that exists.

    Nothing that the present definition refers to is changed before the new one has taken its
    place, in one step; a data file whose place is taken gets a numbered name.
    """
    before = data_paths(_present(target / definition_filename))
    with open(stage / JOURNAL, "w", encoding="utf-8") as journal:

        def note(name: str) -> None:
            journal.write(f"{json.dumps(name)}\n")
            journal.flush()

        note(definition_filename)
        for name in sorted(before):
            note(name)
        for form in data_references(state):
            place = form["value"]
            assert isinstance(place, str)  # `collect_state` has written it
            form["value"] = _move(content, target, place, note)
    write_atomic(target / definition_filename, _dump(state), sync=True, stage=stage)
    _clean(target, before, data_paths(state))


def _move(content: Path, target: Path, name: str, note: Callable[[str], None]) -> str:
    staged = content / name
    if not os.path.lexists(staged):
        return name
    place, number = name, 0
    while os.path.lexists(target / place):
        if _same(staged, target / place):
            return place
        number += 1
        place = f"{name}.{number}"
    (target / place).parent.mkdir(parents=True, exist_ok=True)
    note(place)
    os.rename(staged, target / place)
    return place


def _remove_leftover(former: Path, target: Path) -> None:
    """Remove what an interrupted saver has left: what it has moved, or was to remove."""
    with contextlib.suppress(OSError, ValueError):
        lines = (former / JOURNAL).read_text(encoding="utf-8").split("\n")[:-1]
        definition, *names = [json.loads(line) for line in lines]
        _clean(target, set(names), data_paths(_present(target / definition)))
    shutil.rmtree(former, ignore_errors=True)


def _clean(target: Path, names: set[str], keep: set[str]) -> None:
    """Remove data files that no definition in the folder refers to any more."""
    if names - keep:
        for other in target.glob("*.json"):
            keep = keep | data_paths(_present(other))
    for name in names - keep:
        # Unless it holds what is kept.
        if not any(other.startswith(f"{name}/") for other in keep):
            _remove(target, name)


def _same(first: Path, second: Path) -> bool:
    return first.is_file() and second.is_file() and os.path.samefile(first, second)


def _present(definition: Path) -> Json:
    """Return the definition that a folder holds; `None` if there is none that can be read."""
    try:
        return as_document(read_json(definition))
    except (SerializationError, OSError):
        return None


def _remove(target: Path, name: str) -> None:
    """Remove a data file that only the former definition referred to."""
    path = target / name
    inside = os.path.realpath(path.parent)
    root = os.path.realpath(target)
    if ".." in name.split("/") or (inside != root and not inside.startswith(root + os.sep)):
        return
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    parent = path.parent
    with contextlib.suppress(OSError):
        while parent != target:
            parent.rmdir()
            parent = parent.parent


def _dump(state: JsonObject) -> bytes:
    try:
        return json.dumps(state, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        # All else is JSON: `__xpm_serialize__` of a class has returned what is not.
        message = f"cannot write what __xpm_serialize__ returns: {error}"
        raise NotSerializableError(message) from None
