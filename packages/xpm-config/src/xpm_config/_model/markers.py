"""Marks by which the lower modules know configurations without importing them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import ClassVar, TypeGuard

    from xpm_config._declarations.schema import ObjectType
    from xpm_config._objects.information import ConfigInformation


class ConfigClass:
    """Base of every configuration class."""

    if TYPE_CHECKING:
        __xpmtype__: ClassVar[ObjectType]
        __xpm_task__: ClassVar[bool]


class ConfigObject:
    """Base of every configuration object (an instance of some `A.C`)."""

    if TYPE_CHECKING:
        __xpm__: ConfigInformation
        __xpm_task__: ClassVar[bool]


def is_config_class(cls: type) -> TypeGuard[type[ConfigClass]]:
    """Whether a class is a configuration class (or the base of all)."""
    return issubclass(cls, ConfigClass) and cls is not ConfigClass


class Unset:
    """The absence of a value, where None is one."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Any = Unset()

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

    def __reduce__(self) -> Any:
        # code objects belong to their process
        return Location, (self.filename, self.line)

    def __iter__(self) -> Any:
        return iter((self.filename, self.line))

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"

    def __repr__(self) -> str:
        return f"Location({str(self)!r})"


def class_location(cls: type) -> Location:
    """Where a class is defined (the first line of its module if that is not known)."""
    found = vars(cls).get("__xpm_defined__")
    if found is None:
        module = sys.modules.get(cls.__module__)
        return Location(getattr(module, "__file__", None) or cls.__module__, 1)
    return Location(*found)


def warn_at_class(cls: type, message: str, category: type[Warning]) -> None:
    """Warns about the definition of a class, as the place where it is."""
    from warnings import warn_explicit  # a module that does as it should warns of nothing

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


def _is_ours(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE  # type: ignore[no-any-return] # a name


def warn_user(message: str, category: type[Warning]) -> None:
    """Warns about what the user's code does, as the place where it does it."""
    from warnings import warn

    level = 2  # the caller
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        level += 1
        frame = frame.f_back
    warn(message, category, stacklevel=level)


def checked_info(config: Any) -> ConfigInformation:
    """What a configuration object knows.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(config, ConfigObject):
        kind = type(config).__qualname__
        shown = f"a value object of {kind}" if isinstance(config, ConfigClass) else repr(config)
        raise TypeError(f"expected a configuration (what `A.C(...)` gives), got {shown}")
    return config.__xpm__


def user_location() -> Location:
    """The nearest frame outside this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None:
        if not _is_ours(frame):
            break
        frame = frame.f_back
    assert frame is not None
    return Location(frame.f_code, frame.f_lasti)


def module_name(cls: type) -> str:
    """The module of a class as identifiers know it.

    A process that did not start with a script loads it as `__mp_main__` (as
    `multiprocessing` does), so that it does not run as a program; its classes stay those
    of `__main__`.
    """
    return "__main__" if cls.__module__ == "__mp_main__" else cls.__module__


def qualified(cls: type) -> str:
    """`module.Class`."""
    return f"{module_name(cls)}.{cls.__qualname__}"


def nearest(name: str, known: Any) -> str:
    """Text that proposes the nearest known name ("" where none is near)."""
    # difflib costs 5 ms: only an error needs it
    from difflib import get_close_matches

    found = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean '{found[0]}'?" if found else ""
