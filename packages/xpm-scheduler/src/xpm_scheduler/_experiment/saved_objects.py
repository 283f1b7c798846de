"""Configurations that are kept with the run of an experiment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import xpm_serialize
from xpm_scheduler._workspace.workspace import RunMode, Workspace

from .checks import is_name


class SavedObjects:
    """The configurations kept with a run.

    Args:
        name: the name of the experiment.
        workspace: where it is run.
        run_folder: returns the folder of the run.
    """

    def __init__(self, name: str, workspace: Workspace, run_folder: Callable[[], Path]) -> None:
        self._name = name
        self._workspace = workspace
        self._run_folder = run_folder

    def save(self, obj: Any, name: str) -> None:
        """Keep configurations; see `experiment.save`."""
        if not is_name(name):
            raise ValueError(f"save: expected a name that a folder can have, got {name!r}")
        dry = self._workspace.run_mode is RunMode.DRY_RUN
        # By the package, which loads what it takes: most plans keep nothing.
        xpm_serialize.save(obj, None if dry else _data_folder(self._run_folder()) / name)

    def load(self, name: str, of: str | None) -> Any:
        """Load configurations that were kept; see `experiment.load`."""
        run = self._run_folder()
        if of is not None:
            run, name = self._workspace.experimentspath / name / "current", of
        elif not (_data_folder(run) / name).is_dir():
            # As in release 2.x, where one argument names an experiment.
            other = self._workspace.experimentspath / name / "current"
            if (_data_folder(other) / "default").is_dir():
                run, name = other, "default"
        folder = _data_folder(run)
        try:
            return xpm_serialize.load(folder / name)
        except xpm_serialize.DefinitionNotFoundError as error:
            kept = sorted(path.name for path in folder.glob("*/")) if folder.is_dir() else []
            raise FileNotFoundError(
                f"{self._name}: nothing is kept as {name!r} in {folder}; there is: "
                f"{', '.join(kept) or 'nothing'}"
            ) from error


def _data_folder(run: Path) -> Path:
    return run / "data"
