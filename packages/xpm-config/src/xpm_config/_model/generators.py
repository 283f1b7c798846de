"""Values that are made when a configuration is sealed: paths in the task's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .context import ConfigWalkContext
    from .groups import Partial


class Generator:
    """Base of what `default_factory` takes for values that are made when sealing."""

    __xpm_generator__ = True

    def __call__(self, context: ConfigWalkContext, config: Any) -> Any:
        """The value of an argument of a configuration, in a context."""
        raise NotImplementedError(f"{type(self).__name__}.__call__(context, config)")

    def isoutput(self) -> bool:
        """Whether the value is a path in the task's folder."""
        return False


class PathGenerator(Generator):
    """Generates a path in the folder of the task.

    Args:
        path: a path relative to the folder of the configuration, or a function of
            (context, configuration) that returns one.
        partial: the path lies in a folder shared by all tasks whose arguments are the
            same but for those that this leaves out.
    """

    __slots__ = ("partial", "path")

    def __init__(
        self,
        path: str | Path | Callable[[ConfigWalkContext, Any], Path] = "",
        *,
        partial: Partial | None = None,
    ) -> None:
        if not callable(path) and not isinstance(path, str) and not hasattr(path, "__fspath__"):
            raise TypeError(f"PathGenerator: expected a path or a function, got {path!r}")
        self.path = path
        self.partial = partial

    def __call__(self, context: ConfigWalkContext, config: Any) -> Path:
        """The path for a configuration, in a context."""
        if self.partial is not None:
            folder = context.partial_path(self.partial, config)
        else:
            folder = context.currentpath()
        given = self.path
        if callable(given):
            return folder / given(context, config)
        return folder / given

    def isoutput(self) -> bool:
        """True: the path lies in the task's folder."""
        return True

    def __repr__(self) -> str:
        return f"PathGenerator({self.path!r})"


def pathgenerator(
    path: str | Path | Callable[[ConfigWalkContext, Any], Path] = "",
    *,
    partial: Partial | None = None,
) -> PathGenerator:
    """A `PathGenerator`, for `Annotated[Path, pathgenerator("out.txt")]`."""
    return PathGenerator(path, partial=partial)
