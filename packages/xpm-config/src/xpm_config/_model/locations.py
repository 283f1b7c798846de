"""Places in the user's code, and the warnings that are reported there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType

_PACKAGE = __name__.partition(".")[0]


class Location:
    """A place in the user's code; the line is looked up when it is asked for.

    Args:
        code: the code object, or the name of the file.
        offset: the instruction in it, or the line.
    """

    __slots__ = ("code", "offset")

    def __init__(self, code: CodeType | str, offset: int) -> None:
        self.code = code
        self.offset = offset

    @property
    def filename(self) -> str:
        """The file, as Python knows it."""
        return self.code if isinstance(self.code, str) else self.code.co_filename

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        if isinstance(self.code, str):
            return self.offset
        for start, end, line in self.code.co_lines():
            if start <= self.offset < end and line is not None:
                return line
        return self.code.co_firstlineno

    def __reduce__(self) -> tuple[type[Location], tuple[str, int]]:
        # code objects belong to their process
        return Location, (self.filename, self.line)

    def __iter__(self) -> Iterator[str | int]:
        return iter((self.filename, self.line))

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"

    def __repr__(self) -> str:
        return f"Location({str(self)!r})"


def class_location(cls: type) -> Location:
    """Return where a class is defined (the first line of its module if that is not known)."""
    defined: tuple[CodeType, int] | None = vars(cls).get("__xpm_defined__")
    if defined is None:
        module = sys.modules.get(cls.__module__)
        return Location(getattr(module, "__file__", None) or cls.__module__, 1)
    return Location(*defined)


def user_location() -> Location:
    """Return the place of the nearest frame outside this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None:
        if not _is_ours(frame):
            break
        frame = frame.f_back
    assert frame is not None
    return Location(frame.f_code, frame.f_lasti)


def _is_ours(frame: FrameType) -> bool:
    module: str = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] == _PACKAGE


def warn_user(message: str, category: type[Warning]) -> None:
    """Warn about what the user's code does, as the place where it does it."""
    from warnings import warn

    level = 2  # the caller
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        level += 1
        frame = frame.f_back
    warn(message, category, stacklevel=level)


def warn_at_class(cls: type, message: str, category: type[Warning]) -> None:
    """Warn about the definition of a class, as the place where it is."""
    from warnings import warn_explicit  # a correct module gives no warning

    place = class_location(cls)
    registry = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    warn_explicit(
        message,
        category,
        place.filename,
        place.line,
        cls.__module__,
        registry.setdefault("__warningregistry__", {}),
    )
