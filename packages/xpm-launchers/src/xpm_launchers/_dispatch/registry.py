"""From requirements to launchers: the user's `launchers.py`, or this machine."""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from xpm_launchers._forkserver.client.launcher import DirectLauncher
from xpm_launchers._interface.launcher import Launcher
from xpm_launchers._requirements.detect import local_host
from xpm_launchers._requirements.explain import explain
from xpm_launchers._requirements.parser import parse
from xpm_launchers._requirements.requirements import (
    MATCHES,
    HostRequirement,
    HostSimpleRequirement,
    RequirementUnion,
)
from xpm_launchers._requirements.specs import HostSpecification
from xpm_launchers.exceptions import LauncherFileError, LauncherNotFoundError

FILE = "launchers.py"
_Function = Callable[[HostRequirement, set[str]], Any]


class LauncherRegistry:
    """The launchers of a configuration folder.

    Args:
        folder: Where `launchers.py` may be. It defines `find_launcher(requirements, tags)`, which
            returns a launcher or None.
    """

    CURRENT_CONFIG_DIR: ClassVar[Path | None] = None
    INSTANCES: ClassVar[dict[Path, LauncherRegistry]] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._local: dict[HostSimpleRequirement, Launcher] = {}
        self._function: _Function | None = None
        if self.file.is_file():
            self._function = _load(self.file)

    @property
    def file(self) -> Path:
        """The user's file."""
        return self.folder / FILE

    @staticmethod
    def set_config_dir(folder: Path) -> None:
        """Change the configuration folder (by default `~/.config/experimaestro`)."""
        LauncherRegistry.CURRENT_CONFIG_DIR = Path(folder)

    @staticmethod
    def config_dir() -> Path:
        """Return the configuration folder."""
        return LauncherRegistry.CURRENT_CONFIG_DIR or Path("~/.config/experimaestro").expanduser()

    @staticmethod
    def instance() -> LauncherRegistry:
        """Return the registry of the present configuration folder."""
        folder = LauncherRegistry.config_dir()
        if folder not in LauncherRegistry.INSTANCES:
            LauncherRegistry.INSTANCES[folder] = LauncherRegistry(folder)
        return LauncherRegistry.INSTANCES[folder]

    def find(self, *specs: HostRequirement | str, tags: Iterable[str] = ()) -> Launcher | None:
        """Return a launcher that satisfies one of `specs`, the first preferred; None if none does.

        Raises:
            RequirementError: When a text is wrong.
            LauncherFileError: When the user's function fails, or returns something else.
        """
        required = union(specs)
        if self._function is None:
            return self._find_here(required)
        return self._call(self._function, required, tags)

    def _call(
        self, function: _Function, required: RequirementUnion, tags: Iterable[str]
    ) -> Launcher | None:
        try:
            launcher = function(required, set(tags))
        except Exception as error:
            where = _place(self.file, error)
            raise LauncherFileError(
                f"{where}: find_launcher failed: {type(error).__name__}: {error}"
            ) from error
        if launcher is not None and not isinstance(launcher, Launcher):
            raise LauncherFileError(
                f"{self.file}: expected find_launcher to return a launcher or None, "
                f"got {launcher!r}"
            )
        return launcher

    def _find_here(self, required: HostRequirement) -> Launcher | None:
        devices = any(each.accelerators for each in required.requirements)
        match = required.match(local_host(devices=devices))
        if match is None:
            return None
        # One launcher for each requirement: each has a connection of its own.
        if match.requirement not in self._local:
            self._local[match.requirement] = DirectLauncher(requirement=match.requirement)
        return self._local[match.requirement]

    def explain(self, *specs: HostRequirement | str, tags: Iterable[str] = ()) -> str:
        """Return, for people, whether each host of the configuration satisfies each alternative.

        With a `launchers.py`, these are the hosts that its function matches the requirement
        against.

        Raises:
            LauncherFileError: When the user's function fails, or returns something else.
        """
        required = union(specs)
        if self._function is None:
            host = local_host()
            return f"  this machine ({host}; there is no {self.file}):\n" + explain(required, host)
        matches: list[tuple[HostRequirement, HostSpecification]] = []
        reset_token = MATCHES.set(matches)
        try:
            launcher = self._call(self._function, required, tags)
        finally:
            MATCHES.reset(reset_token)
        result = "none" if launcher is None else f"a {type(launcher).__name__}"
        lines = [f"  the function find_launcher of {self.file} returned {result}"]
        for requirement, host in matches:
            lines += [f"  matched against {host}:", explain(requirement, host)]
        return "\n".join(lines)


def union(specs: Iterable[HostRequirement | str]) -> RequirementUnion:
    """Return requirements, some of them text, together as alternatives."""
    read = [each if isinstance(each, HostRequirement) else parse(each) for each in specs]
    if not read:
        raise ValueError("expected at least one requirement, such as 'cpu(cores=4)'")
    return RequirementUnion(*(simple for each in read for simple in each.requirements))


def find_launcher(*specs: HostRequirement | str, tags: Iterable[str] = ()) -> Launcher:
    """Return a launcher that satisfies one of `specs`, the first preferred.

    Args:
        specs: Requirements, or their text.
        tags: Handed to the user's `find_launcher`.

    Raises:
        LauncherNotFoundError: When there is none; with the reason for each alternative.
        RequirementError: When a text is wrong.
    """
    registry = LauncherRegistry.instance()
    launcher = registry.find(*specs, tags=tags)
    if launcher is None:
        raise LauncherNotFoundError(
            f"no launcher satisfies {union(specs)}\n{registry.explain(*specs, tags=tags)}"
        )
    return launcher


def _place(file: Path, error: BaseException) -> str:
    """Return the file and, if it is known, the line of it where an error comes from."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"{file}, line {error.lineno}"
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(file)
    ]
    return f"{file}, line {lines[-1]}" if lines else str(file)


def _load(file: Path) -> _Function:
    spec = importlib.util.spec_from_file_location("experimaestro_launchers", file)
    if spec is None or spec.loader is None:
        raise LauncherFileError(f"{file}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        raise LauncherFileError(
            f"{_place(file, error)}: {type(error).__name__}: {message}"
        ) from error
    function: _Function | None = getattr(module, "find_launcher", None)
    if not callable(function):
        raise LauncherFileError(f"{file}: expected a function find_launcher(requirements, tags)")
    return function
