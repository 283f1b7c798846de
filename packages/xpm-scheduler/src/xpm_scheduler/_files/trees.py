"""Folders that appear whole or not at all: staged beside their place, then renamed.

A stage is ``.tmp.<random>``, in the folder where what it holds will be. A lock beside it,
``.tmp.<random>.lock``, says that its maker lives: what a killed process has left can be told
from what another one is just writing, and is removed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple

from .atomic import FileLock

PREFIX = ".tmp."

#: Stages of release 2.x have no lock: they are taken for left behind after this time, in seconds.
_OLD = 24 * 3600.0

#: What ``renameat2`` answers where it cannot exchange: not this kernel, not this file system.
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


class Entry(NamedTuple):
    """What a tree holds under a name.

    Attributes:
        kind: ``"folder"``, ``"file"`` or ``"link"``.
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
    """What a folder holds. Sockets, pipes and devices are nothing that could be kept."""
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
    """The target of a link at ``path``, absolute when it leads out of the tree at ``root``."""
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


def exchange(one: str, other: str) -> bool:
    """Exchange what two names stand for, at once: nobody finds either of them absent.

    Returns:
        Whether it was done; not where the system or the file system cannot.
    """
    rename = _renameat2()
    if rename is None:
        return False
    here, exchanged = -100, 2  # AT_FDCWD, RENAME_EXCHANGE: see renameat2(2)
    number = rename(here, os.fsencode(one), here, os.fsencode(other), exchanged)
    if number in _NO_EXCHANGE:
        return False
    if number:
        raise OSError(number, os.strerror(number), one, None, other)
    return True


@lru_cache(maxsize=1)
def _renameat2() -> Callable[..., int] | None:
    """The function of the C library, which gives the number of the error; Linux has it."""
    # Only who moves folders needs it.
    import ctypes

    function: Any = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return None
    function.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    ]
    function.restype = ctypes.c_int
    return lambda *arguments: ctypes.get_errno() if function(*arguments) else 0


class Stage:
    """A name beside the place of something that is being made, until it is put there.

    Args:
        parent: the folder of the place; made when it is not there.
    """

    __slots__ = ("_lock", "path")

    def __init__(self, parent: str) -> None:
        os.makedirs(parent, exist_ok=True)
        while True:
            self.path = f"{parent}/{PREFIX}{secrets.token_hex(8)}"
            self._lock = FileLock(f"{self.path}.lock")
            self._lock.acquire()
            # Who cleans up may have taken the lock's file away before it was locked.
            if os.path.exists(self._lock.path):
                return
            self._lock.release()

    def put(self, place: str, *, at_once: bool = False) -> bool:
        """Put what was staged where it belongs; what was there is staged instead, if anything.

        Args:
            place: where it belongs.
            at_once: whether to do nothing where the place would be empty for a moment.

        Returns:
            Whether it was put there.
        """
        if not os.path.lexists(place):
            os.rename(self.path, place)
        elif not exchange(self.path, place):
            if at_once:
                return False
            with Stage(os.path.dirname(place)) as aside:
                os.rename(place, aside.path)
                os.rename(self.path, place)
        sync(os.path.dirname(place))
        return True

    def remove(self) -> None:
        """Remove what is staged."""
        try:
            remove_tree(self.path)
            os.unlink(self._lock.path)
        finally:
            self._lock.release()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()


def remove_leftovers(parent: str) -> None:
    """Remove the stages in a folder whose makers are gone."""
    for path in _stages(parent):
        lock = FileLock(f"{path}.lock")
        if not os.path.exists(lock.path) and _age(path) < _OLD:
            continue
        if lock.acquire(blocking=False):
            try:
                remove_tree(path)
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(lock.path)
            finally:
                lock.release()


def _stages(parent: str) -> Iterator[str]:
    try:
        names = os.listdir(parent)
    except (FileNotFoundError, NotADirectoryError):
        return
    found = {name.removesuffix(".lock") for name in names if name.startswith(PREFIX)}
    for name in sorted(found):
        yield f"{parent}/{name}"


def _age(path: str) -> float:
    try:
        return time.time() - os.lstat(path).st_mtime
    except FileNotFoundError:
        return 0.0
