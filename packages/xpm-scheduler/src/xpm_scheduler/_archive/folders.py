"""Auxiliary folders: where finished copies of jobs are, and how one comes back.

What is taken from a folder that is only used is copied, not linked: locks are taken in a job's
folder and jobs are removed through it, and nothing may ever be written or deleted there.
"""

from __future__ import annotations

import contextlib
import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from xpm_os.staging import Stage
from xpm_os.trees import LeftOut, copy_tree, scan
from xpm_scheduler._settings.model import FolderMode
from xpm_scheduler._workspace.attempts import JobLock
from xpm_scheduler._workspace.layout import JobFolder, task_name
from xpm_scheduler.exceptions import WorkspaceError

if TYPE_CHECKING:
    from xpm_scheduler._workspace.workspace import Workspace


class Attached(NamedTuple):
    """A folder that is attached to a workspace.

    Attributes:
        jobs: the folder of its jobs.
        mode: what it is for.
    """

    jobs: str
    mode: FolderMode

    def copy_of(self, folder: JobFolder) -> JobFolder:
        """Return where a job of the workspace is in this folder, if it is there."""
        task, identifier = folder.path.rsplit("/", 2)[1:]
        return JobFolder(f"{self.jobs}/{task}/{identifier}", folder.name)


def attached(workspace: Workspace) -> list[Attached]:
    """Return the folders attached to a workspace, in the order of the settings."""
    return [Attached(os.path.abspath(each.jobspath), each.mode) for each in workspace.folders]


def check_attached(workspace: Workspace) -> list[Attached]:
    """Return the folders attached to a workspace, which must not be the workspace itself.

    Raises:
        WorkspaceError: one of them is.
    """
    folders = attached(workspace)
    own = os.path.realpath(workspace.jobspath)
    for each in folders:
        if os.path.realpath(each.jobs) == own:
            raise WorkspaceError(f"the auxiliary folder of {each.jobs} is the workspace itself")
    return folders


def find_copy(workspace: Workspace, folder: JobFolder) -> tuple[Attached, JobFolder] | None:
    """Return the first finished copy of a job in an auxiliary folder."""
    for each in attached(workspace):
        copy = each.copy_of(folder)
        if copy.is_done():
            return each, copy
    return None


def can_restore(workspace: Workspace, folder: JobFolder) -> bool:
    """Return whether `restore` has something to do for a job; costs a few system calls.

    Raises:
        WorkspaceError: the job was moved to a folder that is not there now.
    """
    if not workspace.folders or not _is_vacant(folder):
        return False
    if find_copy(workspace, folder) is not None:
        return True
    _refuse_dangling(folder)
    return False


def restore(workspace: Workspace, folder: JobFolder) -> bool:
    """Get a job that is missing, or has failed, from where a finished copy of it is.

    A copy in a folder of the mode `move` is linked, others are copied; the job is there as a
    whole or not at all, and several processes may do this at once. What is to be done may take
    as long as copying takes.

    Args:
        workspace: the workspace.
        folder: the job's folder in it.

    Returns:
        Whether the job is done now.

    Raises:
        OSError: the copy cannot be read, or the workspace not be written to.
        WorkspaceError: the job was moved to a folder that is not there now.
    """
    if folder.is_done():
        return True
    for each in attached(workspace):
        copy = each.copy_of(folder)
        if not copy.is_done() or not _is_vacant(folder):
            continue
        try:
            _put_back(each, copy, folder)
        except OSError:
            # It may have been removed there meanwhile, or another process has been faster.
            if copy.is_done() and not folder.is_done():
                raise
        if folder.is_done():
            return True
    _refuse_dangling(folder)
    return folder.is_done()


def _is_vacant(folder: JobFolder) -> bool:
    """Return whether the job is missing: no folder, a link to nothing, or only a failure."""
    return not os.path.exists(folder.path) or (
        os.path.exists(folder.failed)
        and not os.path.exists(folder.pid)
        and not os.path.islink(folder.path)
        and not folder.is_done()
    )


def _refuse_dangling(folder: JobFolder) -> None:
    if os.path.islink(folder.path) and not os.path.exists(folder.path):
        raise WorkspaceError(
            f"{folder.path}: was moved to {os.readlink(folder.path)}, which is not there; "
            "is that folder mounted?"
        )


def _put_back(each: Attached, copy: JobFolder, folder: JobFolder) -> None:
    with contextlib.ExitStack() as held:
        if os.path.exists(folder.path):
            os.makedirs(folder.private, exist_ok=True)
            lock = JobLock(folder)
            if not lock.acquire(blocking=False):
                return
            held.callback(lock.release)
        with Stage(os.path.dirname(folder.path)) as stage:
            if each.mode is FolderMode.MOVE:
                os.symlink(copy.path, stage.path)
            else:
                copy_tree(copy.path, stage.path, scan(copy.path, internal(folder)))
            # It may have been removed there meanwhile, its marker first.
            if copy.is_done() and _is_vacant(folder):
                stage.put(folder.path)


def internal(folder: JobFolder) -> LeftOut:
    """Return which paths in a job's folder are not copied: locks, claims, internal files.

    Locks are empty: a file `poetry.lock` with content is a result.
    """
    own = (f"{folder.name}.lock", f".experimaestro/{folder.name}.lock", ".scheduler")

    def left_out(path: str, entry: os.DirEntry[str]) -> bool:
        if path in own:
            return True
        if "/" in path or not entry.is_file(follow_symlinks=False):
            return False
        return path.endswith(".pid") or (path.endswith(".lock") and not entry.stat().st_size)

    return left_out


def recover(workspace: Workspace, task_id: str, identifier: str) -> Path:
    """Copy a job back into the workspace from the first auxiliary folder that has it.

    One that was moved is brought back too: its link is replaced.

    Args:
        workspace: the workspace.
        task_id: the task's identifier.
        identifier: the job's identifier, or its beginning.

    Returns:
        The job's folder in the workspace.

    Raises:
        WorkspaceError: no folder has a finished copy, several jobs begin so, or the job is there
            already, not finished.
        OSError: the copy cannot be read, or the workspace not be written to.
    """
    folders = check_attached(workspace)
    task_id, identifier = _complete(workspace, folders, task_id, identifier)
    folder = JobFolder(workspace.job_path(task_id, identifier), task_name(task_id))
    linked = os.path.islink(folder.path)
    if folder.is_done() and not linked:
        return Path(folder.path)
    if not linked and not _is_vacant(folder):
        raise WorkspaceError(
            f"{folder.path} is there and not finished: remove it first if nobody runs it"
        )
    for each in folders:
        copy = each.copy_of(folder)
        if copy.is_done():
            if linked:
                _unlink_moved(copy, folder)
            else:
                _put_back(each._replace(mode=FolderMode.USE), copy, folder)
            if folder.is_done() and not os.path.islink(folder.path):
                return Path(folder.path)
    raise WorkspaceError(f"{task_id}/{identifier}: no auxiliary folder has it finished any more")


def _unlink_moved(copy: JobFolder, folder: JobFolder) -> None:
    """Replace the link to a job that was moved by a copy of the job."""
    with Stage(os.path.dirname(folder.path)) as stage:
        copy_tree(copy.path, stage.path, scan(copy.path, internal(folder)))
        if copy.is_done() and os.path.islink(folder.path):
            stage.put(folder.path)


def _complete(
    workspace: Workspace, folders: list[Attached], task_id: str, identifier: str
) -> tuple[str, str]:
    """Return the identifiers that were meant: of a task in any case, of a job by its start."""
    job_roots = [each.jobs for each in folders] + [str(workspace.jobspath)]
    tasks = {name for root in job_roots for name in _names(root)}
    task_folder = task_id if task_id in tasks else task_id.lower()
    matching = {
        name
        for root in job_roots
        for name in _names(f"{root}/{task_folder}")
        if name.startswith(identifier)
        and JobFolder(f"{root}/{task_folder}/{name}", task_name(task_folder)).is_done()
    }
    if identifier in matching or len(matching) == 1:
        return task_folder, identifier if identifier in matching else matching.pop()
    if matching:
        raise WorkspaceError(
            f"{task_id}/{identifier}: {len(matching)} jobs begin so: "
            f"{', '.join(sorted(matching)[:5])}"
        )
    _refuse_unknown(workspace, folders, f"{task_id}/{identifier}", task_folder, tasks)


def _names(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _refuse_unknown(
    workspace: Workspace, folders: list[Attached], asked: str, task_id: str, tasks: set[str]
) -> NoReturn:
    if not folders:
        raise WorkspaceError(f"{asked}: the workspace {workspace.path} has no auxiliary folders")
    near = [] if task_id in tasks else get_close_matches(task_id, sorted(tasks), 1)
    hint = f"; did you mean the task {near[0]!r}?" if near else ""
    searched = ", ".join(each.jobs for each in folders)
    raise WorkspaceError(f"{asked}: no finished copy in {searched}{hint}")
