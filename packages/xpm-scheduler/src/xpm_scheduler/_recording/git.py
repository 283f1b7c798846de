"""The state of the code that a plan runs: which commit, and whether it was changed since."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any


class DirtyGitAction(Enum):
    """What to do when the code has changes that are not committed.

    `IGNORE`: nothing. `WARN`: say so. `ERROR`: refuse to open the experiment.
    """

    IGNORE = "ignore"
    WARN = "warn"
    ERROR = "error"

    @classmethod
    def _missing_(cls, value: object) -> DirtyGitAction:
        """Accept the values in any case."""
        for action in cls:
            if isinstance(value, str) and value.lower() == action.value:
                return action
        names = ", ".join(action.value for action in cls)
        raise ValueError(f"dirty_git: expected one of {names}, got {value!r}")


#: What `git log` is asked for: commit, short form, author, date, subject.
_FORMAT = "--format=%H%x00%h%x00%an <%ae>%x00%cI%x00%s"

#: A repository on a slow file system must not hold the experiment up (seconds).
_LIMIT = 20.0


def plan_folders() -> list[Path]:
    """Return where the plan's own code lies: the folder of the program, else the current one."""
    program = getattr(sys.modules.get("__main__"), "__file__", None)
    return [Path(program).resolve().parent if program else Path.cwd()]


def git_states(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the state of the repositories in which some folders lie.

    Args:
        folders: folders, in a repository or not.

    Returns:
        For each repository, once: `path`, `commit`, `commit_short`, `branch`,
        `dirty` (files are changed, or not tracked), `message`, `author`, `date`. A
        folder outside any, or a machine without git, gives nothing.
    """
    roots = dict.fromkeys(root for folder in folders if (root := _root(folder)) is not None)
    return [state for root in roots if (state := _state(root)) is not None]


def _root(folder: Path) -> Path | None:
    folder = Path(os.path.abspath(folder))
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return None


def _state(root: Path) -> dict[str, Any] | None:
    status = _git(root, "status", "--porcelain", "--branch", "--untracked-files=normal")
    if status is None:
        return None
    header, *changes = status.splitlines()
    branch = header.removeprefix("## ").removeprefix("No commits yet on ").partition("...")[0]
    state: dict[str, Any] = {"path": str(root), "branch": branch, "dirty": bool(changes)}
    log = _git(root, "log", "-1", _FORMAT)
    if log:
        names = ("commit", "commit_short", "author", "date", "message")
        state.update(zip(names, log.rstrip("\n").split("\0"), strict=True))
    return state


def _git(root: Path, *arguments: str) -> str | None:
    """Return what a git command prints, `None` when it cannot be run."""
    # A status must not take the repository's lock away from the user's own commands.
    command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
