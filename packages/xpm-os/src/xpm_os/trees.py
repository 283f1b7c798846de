"""Folders with all that they hold: looked at, compared, copied, removed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable
from typing import NamedTuple


class Entry(NamedTuple):
    """What a tree holds under a name.

    Attributes:
        kind: `"folder"`, `"file"` or `"link"`.
        size: of a file, in bytes.
        modified: of a file, in nanoseconds since the epoch.
        target: of a link.
    """

    kind: str
    size: int = 0
    modified: int = 0
    target: str = ""


#: The entries of a tree by their paths in it; folders come before what they hold.
Tree = dict[str, Entry]


#: Tells for a path in a tree, and what is there, whether to leave it out, with what it holds.
LeftOut = Callable[[str, "os.DirEntry[str]"], bool]


def _nothing(_path: str, _entry: os.DirEntry[str]) -> bool:
    return False


def scan(root: str, left_out: LeftOut = _nothing) -> Tree:
    """Return what a folder holds. Sockets, pipes and devices are nothing that could be kept."""
    tree: Tree = {}
    stack = [""]
    while stack:
        prefix = stack.pop()
        for entry in os.scandir(f"{root}/{prefix}"):
            path = prefix + entry.name
            if left_out(path, entry):
                continue
            if entry.is_symlink():
                tree[path] = Entry("link", target=os.readlink(entry.path))
            elif entry.is_dir():
                tree[path] = Entry("folder")
                stack.append(f"{path}/")
            elif entry.is_file():
                status = entry.stat()
                tree[path] = Entry("file", status.st_size, status.st_mtime_ns)
    return tree


def same_files(one: Tree, other: Tree) -> bool:
    """Whether two trees have the same names, and files of the same sizes.

    Times and targets of links are left out: not every file system keeps the first, and a copy may
    have other ones of the second.
    """
    return {path: (entry.kind, entry.size) for path, entry in one.items()} == {
        path: (entry.kind, entry.size) for path, entry in other.items()
    }


def copy_tree(source: str, target: str, tree: Tree, *, absolute: bool = False) -> None:
    """Copy what a tree holds, down to the disk.

    Args:
        source: the folder that it was found in.
        target: the folder to make.
        tree: what to copy.
        absolute: whether links that lead out of the folder become absolute, for a copy that is
            read elsewhere than where the source was.

    Raises:
        OSError: something could not be read or written, or is not what it was; what was copied
            is left.
    """
    os.mkdir(target)
    for path, entry in tree.items():
        if entry.kind == "folder":
            os.mkdir(f"{target}/{path}")
        elif entry.kind == "link":
            link = _absolute_link(source, path, entry.target) if absolute else entry.target
            os.symlink(link, f"{target}/{path}")
        else:
            shutil.copy2(f"{source}/{path}", f"{target}/{path}", follow_symlinks=False)
    folders = ["", *(path for path, entry in tree.items() if entry.kind == "folder")]
    for path in reversed(folders):
        # The modes of folders come last: one may forbid to write in it.
        shutil.copystat(f"{source}/{path}", f"{target}/{path}")
    _sync_all([f"{target}/{path}" for path in tree if tree[path].kind != "link"] + [target])
    if not same_files(scan(target), tree):
        raise OSError(errno.EIO, "the copy is not what was copied", target)


def _absolute_link(root: str, path: str, target: str) -> str:
    """Return the target of a link at `path`, absolute when it leads out of the tree at `root`."""
    if os.path.isabs(target):
        return target
    inside = os.path.normpath(os.path.join(os.path.dirname(path), target))
    if inside == ".." or inside.startswith("../"):
        return os.path.normpath(os.path.join(root, inside))
    return target


def sync(path: str) -> None:
    """Have a file or folder on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_all(paths: list[str]) -> None:
    """Have many files and folders on the disk: asked for at once, it writes them together."""
    # Only who copies folders needs it.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(8, len(paths))) as pool:
        for _ in pool.map(sync, paths):
            pass


def remove_tree(path: str) -> None:
    """Remove a file, a link, or a folder with all that it holds."""
    if os.path.islink(path) or not os.path.isdir(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        # Folders that the task has made read-only.
        for folder, _, _ in os.walk(path):
            os.chmod(folder, stat.S_IRWXU)
        shutil.rmtree(path)
