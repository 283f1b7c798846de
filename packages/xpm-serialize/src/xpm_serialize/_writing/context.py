"""Where data files go when configurations are saved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from xpm_config import Config
from xpm_serialize.exceptions import PathConflictError

#: How long a file's name may be, in bytes; a number may be added to it.
_LONGEST = 240


class SerializedPath:
    """A data file or folder, as a definition refers to it.

    Args:
        path: where it is in the saved folder; absolute when it was not copied.
        is_folder: whether it is a folder.
    """

    __slots__ = ("is_folder", "path")

    def __init__(self, path: str | Path, is_folder: bool) -> None:
        self.path = Path(path)
        self.is_folder = is_folder

    def __repr__(self) -> str:
        return f"SerializedPath({str(self.path)!r}, is_folder={self.is_folder})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SerializedPath):
            return NotImplemented
        return self.path == other.path and self.is_folder == other.is_folder

    def __hash__(self) -> int:
        return hash((self.path, self.is_folder))


#: Returns where something is that a definition refers to: the definition file by its name (a
#: `str`), or a data file
SerializedPathLoader = Callable[[str | Path | SerializedPath], Path]


class SerializationContext:
    """How configurations are written; sub-classes change where data files go.

    Args:
        save_directory: where data files are copied to; `None` leaves them where they are.

    Attributes:
        save_directory: as given. While `save` works, it is a folder that becomes the
            target once all is written.
        var_path: while a configuration is written, the names of arguments, positions and keys
            that lead to it.
    """

    def __init__(self, *, save_directory: Path | None = None) -> None:
        self.save_directory = save_directory
        self.var_path: list[str] = []
        self._depth = 0
        self._used: dict[str, Path] = {}

    @property
    def depth(self) -> int:
        """How many configurations hold the one being written (0 for the outermost)."""
        return self._depth

    def serialize(self, var_path: Sequence[str], data_path: Path, config: Config) -> SerializedPath:
        """Copy a data file or folder to where it belongs.

        Args:
            var_path: names that lead to it: those that lead to `config`, and the argument's.
            data_path: where it is.
            config: the configuration that holds it.

        Returns:
            What the definition refers to it by.

        Raises:
            PathConflictError: the place is taken.
            FileNotFoundError: there is nothing at `data_path`.
        """
        del config
        data_path = Path(data_path)
        is_folder = data_path.is_dir()
        if self.save_directory is None:
            return SerializedPath(os.path.abspath(data_path), is_folder)
        relative = "/".join(_safe(str(part)) for part in var_path)
        if relative in self._used:
            raise PathConflictError(
                f"{data_path} and {self._used[relative]} would both be saved as {relative!r}"
            )
        self._used[relative] = data_path
        target = Path(self.save_directory) / relative
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _check_outside(data_path, target)
            copy(data_path, target)
        except (FileExistsError, NotADirectoryError):
            raise PathConflictError(
                f"{data_path} would be saved as {relative!r}, where something else was saved"
            ) from None
        return SerializedPath(relative, is_folder)

    def enter(self, var_path: list[str], depth: int) -> None:
        """Note which configuration is written next."""
        self.var_path = var_path
        self._depth = depth


def _check_outside(source: Path, target: Path) -> None:
    """Refuse to copy a folder into itself, which has no end."""
    around, root = os.path.realpath(target.parent), os.path.realpath(source)
    if source.is_dir() and (around == root or around.startswith(f"{root}{os.sep}")):
        raise PathConflictError(f"{source} would be saved in itself")


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, by hard links where the file system allows it.

    Links in a folder are followed, so that nothing in the copy leads out of it.

    Raises:
        PathConflictError: a link in the folder leads to one that holds it.
        FileExistsError: the target is there.
        FileNotFoundError: the source is not.
    """
    if source.is_dir():
        _check_loops(source)
        shutil.copytree(source, target, copy_function=_copy_file)
    else:
        if os.path.lexists(target):
            raise FileExistsError(target)
        _copy_file(str(source), str(target))


def _check_loops(folder: Path) -> None:
    for path, names, _ in os.walk(folder, followlinks=True):
        real = os.path.realpath(path)
        for name in names:
            link = os.path.join(path, name)
            if os.path.islink(link):
                inside = os.path.realpath(link)
                if real == inside or real.startswith(f"{inside}{os.sep}"):
                    raise PathConflictError(f"{link} is a link to a folder that holds it")


def _copy_file(source: str, target: str) -> str:
    source = os.path.realpath(source)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        # Another file system, or one without hard links.
        shutil.copy2(source, target)
    return target


def _safe(part: str) -> str:
    """Return a part of a path that stays inside the folder: `..` and the like are escaped."""
    return "/".join(map(_name, part.split("/")))


def _name(piece: str) -> str:
    """Return the name of a file for a key: the key itself, unless no file can have that name."""
    if piece in ("", ".", ".."):
        return piece.replace(".", "%2E") or "%"
    piece = piece.encode("utf-8", "backslashreplace").decode()
    # What another system takes for a drive or a separator is refused when it is loaded.
    piece = piece.replace("\0", "%00").replace("\\", "%5C")
    if piece[1:2] == ":":
        piece = f"{piece[0]}%3A{piece[2:]}"
    if len(piece.encode()) <= _LONGEST:
        return piece
    from hashlib import sha256  # rarely needed

    digest = sha256(piece.encode()).hexdigest()[:16]
    return f"{piece.encode()[: _LONGEST - 17].decode(errors='ignore')}-{digest}"
