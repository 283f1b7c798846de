"""The auxiliary folders of the workspaces that this process works in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from xpm_scheduler._graph.nodes import TransientMode
from xpm_scheduler._tasks.job import Job

if TYPE_CHECKING:
    from .archiver import Archiver

#: Called with a job that was looked for, and whether it is done now, or what went wrong.
Fetched = Callable[[Job, "bool | Exception"], None]


class Archives:
    """Archives finished jobs, and fetches missing ones; used in the scheduler's thread.

    Nothing is loaded for a workspace without auxiliary folders.

    Args:
        post: has a function called in the scheduler's thread.
    """

    def __init__(self, post: Callable[..., None]) -> None:
        self._post = post
        self._archivers: dict[str, Archiver] = {}

    def job_done(self, job: Job) -> None:
        """Archive a job that has succeeded, now or earlier, if that is wanted."""
        if job.backup and job.transient is not TransientMode.REMOVE and job.workspace.folders:
            self._archiver(job).job_done(job.folder)

    def have(self, job: Job) -> bool:
        """Return whether a job that nobody runs can be fetched from an auxiliary folder.

        Raises:
            WorkspaceError: it was moved to a folder that is not there now.
        """
        if not job.workspace.folders:
            return False
        from .folders import can_restore

        return can_restore(job.workspace, job.folder)

    def fetch(self, job: Job, then: Fetched) -> None:
        """Fetch a job from an auxiliary folder, in a thread of its own: it may take long.

        Args:
            job: the job.
            then: called in the scheduler's thread.
        """
        self._archiver(job).restore(job.folder, lambda result: self._post(then, job, result))

    def take(self) -> list[Archiver]:
        """Return what has archived so far, to be closed by the caller."""
        archivers = list(self._archivers.values())
        self._archivers.clear()
        return archivers

    def _archiver(self, job: Job) -> Archiver:
        root = job.workspace.root
        if root not in self._archivers:
            from .archiver import Archiver

            self._archivers[root] = Archiver(job.workspace)
        return self._archivers[root]
