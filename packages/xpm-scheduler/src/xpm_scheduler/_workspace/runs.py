"""The runs of an experiment: their folders, their order, and how many are kept."""

from __future__ import annotations

import logging
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from xpm_os.files import replace_link
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler.exceptions import CorruptFileError

if TYPE_CHECKING:
    from xpm_scheduler.settings import HistorySettings

_logger = logging.getLogger("xpm.scheduler")


def run_order(name: str) -> tuple[str, int]:
    """Return the key that sorts runs: `20231215_143022.10` comes after `20231215_143022.9`."""
    base, _, number = name.partition(".")
    return base, int(number) if number.isdigit() else 0


def new_run(experiment_path: Path) -> Path:
    """Make the folder of a run, named by the time and after all that are there.

    Args:
        experiment_path: the experiment's folder, whose lock is held.
    """
    base, number = time.strftime("%Y%m%d_%H%M%S"), 0
    last = max(map(run_order, _runs(experiment_path)), default=("", 0))
    if last[0] >= base:  # in the same second, or the clock has been set back since
        base, number = last[0], last[1] + 1
    while True:
        path = experiment_path / (f"{base}.{number}" if number else base)
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1


def _runs(experiment_path: Path) -> list[str]:
    with os.scandir(experiment_path) as entries:
        return [
            entry.name
            for entry in entries
            if entry.name[:1].isdigit() and entry.is_dir(follow_symlinks=False)
        ]


def point_current_to(run: Path) -> None:
    """Make `current`, in the experiment's folder, lead to a run."""
    replace_link(run.parent / "current", run.name)


def prune_history(experiment_path: Path, keep: HistorySettings, last_status: str) -> list[Path]:
    """Remove the runs beyond those to keep; a success removes the failed ones.

    Args:
        experiment_path: the experiment's folder, whose lock is held.
        keep: how many runs of each kind stay.
        last_status: how the run that has just ended did.

    Returns:
        The folders removed. Runs whose end is unknown stay.
    """
    by_status: dict[str, list[Path]] = {"done": [], "failed": []}
    for name in sorted(_runs(experiment_path), key=run_order, reverse=True):
        folder = experiment_path / name
        try:
            status = (read_json_object(folder / "status.json") or {}).get("status")
        except (CorruptFileError, OSError):
            continue
        if status in by_status:
            by_status[status].append(folder)
    surplus = by_status["done"][keep.max_done :]
    surplus += by_status["failed"][0 if last_status == "done" else keep.max_failed :]
    removed = []
    for folder in surplus:
        try:
            shutil.rmtree(folder)
            removed.append(folder)
        except OSError as error:
            # The tasks are done: what is left over is not a failure of theirs.
            _logger.warning("the run %s cannot be removed: %s", folder, error)
    return removed
