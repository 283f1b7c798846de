"""From requirements to launchers: the user's ``launchers.py``, or this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from ._finder._detect import local_host
from ._finder._explain import explain
from ._finder._parser import parse
from ._finder._requirements import HostRequirement, HostSimpleRequirement, RequirementUnion
from ._interface import Launcher
from ._local._launcher import DirectLauncher
from .exceptions import LauncherFileError, LauncherNotFoundError

FILE = "launchers.py"


class LauncherRegistry:
    """The launchers of a configuration folder.

    :param folder: where ``launchers.py`` may be. It defines ``find_launcher(requirements, tags)``,
        which returns a launcher or None.
    """

    CURRENT_CONFIG_DIR: ClassVar[Path | None] = None
    INSTANCES: ClassVar[dict[Path, LauncherRegistry]] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._local: dict[HostSimpleRequirement, Launcher] = {}
        self._function: Callable[[HostRequirement, set[str]], Any] | None = None
        if self.file.is_file():
            self._function = _load(self.file)

    @property
    def file(self) -> Path:
        """The user's file."""
        return self.folder / FILE

    @staticmethod
    def set_config_dir(folder: Path) -> None:
        """Change the configuration folder (by default ``~/.config/experimaestro``)."""
        LauncherRegistry.CURRENT_CONFIG_DIR = Path(folder)

    @staticmethod
    def instance() -> LauncherRegistry:
        """Return the registry of the configuration folder of now."""
        folder = LauncherRegistry.CURRENT_CONFIG_DIR or Path("~/.config/experimaestro").expanduser()
        if folder not in LauncherRegistry.INSTANCES:
            LauncherRegistry.INSTANCES[folder] = LauncherRegistry(folder)
        return LauncherRegistry.INSTANCES[folder]

    def find(self, *specs: HostRequirement | str, tags: Iterable[str] = ()) -> Launcher | None:
        """Return a launcher that satisfies one of `specs`, the first preferred; None if none does.

        :raises RequirementError: when a text is wrong.
        :raises LauncherFileError: when the user's function fails, or returns something else.
        """
        asked = union(specs)
        if self._function is None:
            return self._find_here(asked)
        try:
            found = self._function(asked, set(tags))
        except Exception as error:
            raise LauncherFileError(
                f"{self.file}: find_launcher failed: {type(error).__name__}: {error}"
            ) from error
        if found is not None and not isinstance(found, Launcher):
            raise LauncherFileError(
                f"{self.file}: expected find_launcher to return a launcher or None, got {found!r}"
            )
        return found

    def _find_here(self, asked: HostRequirement) -> Launcher | None:
        devices = any(each.accelerators for each in asked.requirements)
        found = asked.match(local_host(devices=devices))
        if found is None:
            return None
        # One launcher a requirement: each has a connection of its own.
        if found.requirement not in self._local:
            self._local[found.requirement] = DirectLauncher(requirement=found.requirement)
        return self._local[found.requirement]

    def explain(self, *specs: HostRequirement | str) -> str:
        """Say, for people, what becomes of each alternative."""
        if self._function is not None:
            return f"  the function find_launcher of {self.file} returned none"
        return f"  this machine (there is no {self.file}):\n" + explain(union(specs), local_host())


def union(specs: Iterable[HostRequirement | str]) -> RequirementUnion:
    """Put requirements, some of them text, together as alternatives."""
    read = [parse(each) if isinstance(each, str) else each for each in specs]
    return RequirementUnion(*(simple for each in read for simple in each.requirements))


def find_launcher(*specs: HostRequirement | str, tags: Iterable[str] = ()) -> Launcher:
    """Return a launcher that satisfies one of `specs`, the first preferred.

    :param specs: requirements, or their text.
    :param tags: handed to the user's ``find_launcher``.
    :raises LauncherNotFoundError: when there is none; says why each alternative was refused.
    :raises RequirementError: when a text is wrong.
    """
    registry = LauncherRegistry.instance()
    found = registry.find(*specs, tags=tags)
    if found is None:
        raise LauncherNotFoundError(
            f"no launcher satisfies {union(specs)}\n{registry.explain(*specs)}"
        )
    return found


def _load(file: Path) -> Callable[[HostRequirement, set[str]], Any]:
    spec = importlib.util.spec_from_file_location("experimaestro_launchers", file)
    if spec is None or spec.loader is None:
        raise LauncherFileError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise LauncherFileError(f"{file}: {type(error).__name__}: {error}") from error
    function: Callable[[HostRequirement, set[str]], Any] | None = getattr(
        module, "find_launcher", None
    )
    if function is None:
        raise LauncherFileError(f"{file}: expected a function find_launcher(requirements, tags)")
    return function
