"""Archiving finished jobs in auxiliary folders, and fetching missing ones, in threads."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from xpm_scheduler._settings.model import FolderMode
from xpm_scheduler._workspace.layout import JobFolder

from .archive import EXPECTED, Archive
from .folders import check_attached, restore
from .worker import Worker

if TYPE_CHECKING:
    from xpm_scheduler._workspace.workspace import Workspace

#: Called when a job was looked for: whether it is done now, or what went wrong.
Restored = Callable[["bool | Exception"], None]


class Archiver:
    """Keeps the auxiliary folders of a workspace, while an experiment runs in it.

    Nothing is started before there is something to do, and nothing that goes wrong with an
    auxiliary folder concerns a job: it is reported once.

    Args:
        workspace: the workspace.

    Raises:
        WorkspaceError: an auxiliary folder is the workspace itself.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        folders = check_attached(workspace)
        backups = [each for each in folders if each.mode is FolderMode.BACKUP]
        moves = [each for each in folders if each.mode is FolderMode.MOVE]
        self._archive = Archive(backups, moves)
        # Two threads: a job that is wanted does not wait until others are archived.
        self._keeper = Worker("xpm-archive", self._archive.idle)
        self._fetcher = Worker("xpm-restore")

    def job_done(self, folder: JobFolder) -> None:
        """Archive a job, unless that was done: it has succeeded, now or earlier."""
        if self._archive.wanted:
            self._keeper.add(lambda: self._archive.keep(folder))

    def restore(self, folder: JobFolder, then: Restored) -> None:
        """Fetch a job from an auxiliary folder; see `folders.restore`.

        Args:
            folder: the job's folder.
            then: called with the result, in another thread: return at once.
        """

        def fetch() -> None:
            try:
                then(restore(self._workspace, folder))
            except EXPECTED as error:
                then(error)

        self._fetcher.add(fetch)

    def close(self) -> None:
        """Wait until all is archived; print how much is left when that takes long."""
        self._fetcher.close(lambda left: None)  # who waits for a job knows it already
        self._keeper.close(_report)
        self._archive.close()


def _report(left: int) -> None:
    print(f"{left} jobs are still to be archived", file=sys.stderr)
