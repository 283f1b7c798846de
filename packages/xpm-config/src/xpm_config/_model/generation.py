"""Values that are made when a configuration is sealed, and where generated paths lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeGuard

    from .groups import Partial


class ConfigWalkContext:
    """Knows the folder of the task, and which configuration is being visited.

    A sub-class gives `path`.

    Attributes:
        segments: the path from the task to the configuration that is visited: names of
            arguments, indices and keys.
    """

    def __init__(self) -> None:
        self.segments: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Folder of the task.

        Raises:
            AttributeError: the context has no folder.
        """
        raise AttributeError(f"{type(self).__name__} has no folder for generated paths")

    @property
    def task(self) -> Any:
        """The task that is sealed, or None."""
        return None

    def currentpath(self) -> Path:  # the name that 2.x users know
        """Return the folder of the configuration that is visited.

        Returns:
            `path` for the task itself, `path/"out"/<argument>/<index or key>/...` for
            a configuration in it.
        """
        path = self.path
        return path.joinpath("out", *self.segments) if self.segments else path

    def partial_path(self, partial: Partial, config: Any) -> Path:
        """Return the folder shared by all tasks with the same partial identifier.

        Args:
            partial: says which arguments do not count.
            config: the configuration whose path is generated.
        """
        raise AttributeError(f"{type(self).__name__} has no folder for partial identifiers")

    def partialpath(self, partial: Partial, config: Any) -> Path:  # the name that 2.x users know
        """See `partial_path`."""
        return self.partial_path(partial, config)


class EmptyContext(ConfigWalkContext):
    """No folder: paths are not generated yet."""


class Generator:
    """Base of what `default_factory` takes for values that are made when sealing."""

    __xpm_generator__ = True

    def __call__(self, context: ConfigWalkContext, config: Any) -> Any:
        """Return the value of an argument of a configuration, in a context."""
        raise NotImplementedError(f"{type(self).__name__}.__call__(context, config)")

    def isoutput(self) -> bool:  # the name that 2.x users know
        """Return whether the value is a path in the task's folder."""
        return False


def is_generator(value: object) -> TypeGuard[Generator]:
    """Return whether a value generates others, by its mark: it need not derive from `Generator`."""
    return bool(getattr(value, "__xpm_generator__", False))


class FunctionGenerator(Generator):
    """A function of (context, configuration) as a generator of values."""

    def __init__(self, function: Callable[[ConfigWalkContext, Any], Any]) -> None:
        self._function = function

    def __call__(self, context: ConfigWalkContext, config: Any) -> Any:
        return self._function(context, config)


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
        """Return the path for a configuration, in a context."""
        if self.partial is not None:
            folder = context.partial_path(self.partial, config)
        else:
            folder = context.currentpath()
        given = self.path
        if callable(given):
            return folder / given(context, config)
        return folder / given

    def isoutput(self) -> bool:
        """Return True: the path lies in the task's folder."""
        return True

    def __repr__(self) -> str:
        return f"PathGenerator({self.path!r})"


def pathgenerator(
    path: str | Path | Callable[[ConfigWalkContext, Any], Path] = "",
    *,
    partial: Partial | None = None,
) -> PathGenerator:
    """Return a generator of paths, as the mark of an annotated `Path`.

    It is written `Annotated[Path, pathgenerator("out.txt")]`.
    """
    return PathGenerator(path, partial=partial)
