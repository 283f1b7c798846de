"""Results of methods that are kept on disk, found again by the identifier of the configuration."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from inspect import iscoroutinefunction, isgeneratorfunction
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from xpm_os.locks import FileLock
from xpm_scheduler._workspace.workspace import RunMode, open_workspaces
from xpm_scheduler.exceptions import CacheError
from xpm_scheduler.taskglobals import Env

T = TypeVar("T")

_counter = itertools.count()
#: The files that this thread is making.
_making = threading.local()
#: What takes the place of the workspace in dry runs, which write nothing there.
_dry: list[tempfile.TemporaryDirectory[str]] = []


def cache(name: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Make a method keep what it finds in a file, or a folder, of its configuration.

    The method gets a path after `self`. If there is something at that path, it was made by
    the same method of an equal configuration, wholly: the method reads it. If not, the method
    makes it, and writes it there. One process makes it while others wait; nothing that is half
    written ever counts, whatever ends the process.

    The file lies in the workspace's `config/<type>/<identifier>/<name>`. It is written in a
    folder beside, with the same name, and put there once the method has returned; if that
    returns the path, the caller gets the one where it lies now. To have it made again, remove
    it. Works on configurations, while an experiment is open, and in tasks.

    >>> import pickle
    >>> from pathlib import Path
    >>> from xpm_config import Config, Param
    >>> from xpm_scheduler import cache
    >>> class Documents(Config):
    ...     source: Param[Path]
    ...     @cache("lengths.pkl")
    ...     def lengths(self, path: Path) -> dict[str, int]:
    ...         if path.exists():
    ...             return pickle.loads(path.read_bytes())
    ...         result = {line: len(line) for line in self.source.read_text().splitlines()}
    ...         path.write_bytes(pickle.dumps(result))
    ...         return result

    Args:
        name: the file's name.

    Raises:
        CacheError: (when the method is called) outside experiments and tasks; or it calls
            itself.
    """
    if not name or name.startswith(".") or os.sep in name:
        raise ValueError(f"cache: expected the name of a file, not hidden, got {name!r}")

    def decorate(method: Callable[..., T]) -> Callable[..., T]:
        if isgeneratorfunction(method) or iscoroutinefunction(method):
            raise TypeError(
                f"cache: {method.__qualname__} does its work after it has returned; expected a "
                "method that is done then"
            )

        @functools.wraps(method)
        def cached(self: Any, *args: Any, **kwargs: Any) -> T:
            def call(path: Path) -> T:
                return method(self, path, *args, **kwargs)

            return _through(_place(self, name, method.__qualname__), call)

        # Value objects of classes with such methods are loaded with their identifiers.
        cached.__xpm_cache__ = name  # type: ignore[attr-defined] # the mark
        return cached

    return decorate


class _Place(NamedTuple):
    """Where something is kept, and where it is made."""

    final: Path
    #: The folder in which it is made, locked, and put; another one in a dry run.
    folder: Path


def _through(place: _Place, call: Callable[[Path], T]) -> T:
    """Call a method with the file that it keeps, or the one that it is to make."""
    if place.final.exists():
        return call(place.final)
    with _alone(place):
        if place.final.exists():  # made while this process waited
            return call(place.final)
        target = place.folder / place.final.name
        stage = place.folder / f".{target.name}.{os.getpid()}.{next(_counter)}"
        _clear(place.folder, target.name)
        stage.mkdir()
        try:
            result = call(stage / target.name)
            _put(stage, place.folder, target.name)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    if isinstance(result, Path) and result.is_relative_to(stage):
        moved: Any = place.folder / result.relative_to(stage)
        return type(result)(moved)
    return result


@contextmanager
def _alone(place: _Place) -> Iterator[None]:
    """Keep other processes and threads from making the same."""
    path = place.folder / f"{place.final.name}.lock"
    held: set[Path] = _making.__dict__.setdefault("paths", set())
    if path in held:
        raise CacheError(f"{place.final}: the method that makes it calls itself")
    place.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    lock.acquire()
    held.add(path)
    try:
        yield
    finally:
        held.discard(path)
        lock.release()


def _clear(folder: Path, name: str) -> None:
    """Remove what processes that died have left: the holder of the lock is the only one alive."""
    for path in folder.iterdir():
        if path.name.startswith(f".{name}."):
            shutil.rmtree(path, ignore_errors=True)


def _put(stage: Path, folder: Path, name: str) -> None:
    """Put what was made to where it is looked for; the file that counts comes last."""
    for made in sorted(stage.iterdir(), key=lambda path: path.name == name):
        target = folder / made.name
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        with suppress(FileNotFoundError):
            os.replace(made, target)


def _place(owner: Any, name: str, method: str) -> _Place:
    kind, old_kind, identifier = _identity(owner, method)
    root, dry = _root(method)
    folder = root / kind / identifier
    final = folder / name
    if not final.exists():
        # Releases 2.x keep the upper case of the class's name.
        old = root / old_kind / identifier / name
        if old.exists():
            return _Place(old, old.parent)
    if dry and not final.exists():
        if not _dry:
            _dry.append(tempfile.TemporaryDirectory(prefix="experimaestro-"))
        folder = Path(_dry[0].name, *folder.parts[-2:])
        return _Place(folder / name, folder)
    return _Place(final, folder)


def _root(method: str) -> tuple[Path, bool]:
    """Return the folder of what is kept, and whether nothing may be written there."""
    workspace = open_workspaces.current()
    if workspace is not None:
        return workspace.configcachepath, workspace.run_mode is RunMode.DRY_RUN
    if Env.taskpath is not None:
        # From <workspace>/jobs/<task>/<identifier>.
        return Env.taskpath.parents[2] / "config", False
    raise CacheError(
        f"{method}: there is no workspace to keep its result in: call it while an experiment is "
        "open, or in a task"
    )


def _identity(owner: Any, method: str) -> tuple[str, str, str]:
    """Return the type of a configuration, how releases 2.x write it, and the identifier."""
    attributes = vars(owner)
    config = owner if "__xpm__" in attributes else attributes.get("__config__")
    if config is not None:
        kind = config.__xpm__.xpmtype
        return kind.identifier, kind.full_name, str(config.__xpm__.identifier)
    found: tuple[str, str, str] | None = attributes.get("__xpm_identifier__")
    if found is None:
        raise CacheError(
            f"{method}: this {type(owner).__qualname__} was not made of a configuration "
            "(`MyConfig.C(...).instance()`), so that there is no identifier to keep its result by"
        )
    return found
