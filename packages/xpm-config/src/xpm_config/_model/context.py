"""Where the paths generated while sealing lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from .groups import Partial


class ConfigWalkContext:
    """Knows the folder of the task, and which configuration is being visited.

    A sub-class gives `path`.
    """

    def __init__(self) -> None:
        self.segments: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """Folder of the task.

        Raises:
            AttributeError: the context has none.
        """
        raise AttributeError(f"{type(self).__name__} has no folder for generated paths")

    @property
    def task(self) -> Any:
        """The task that is sealed, or None."""
        return None

    def currentpath(self) -> Path:
        """Folder of the configuration that is visited.

        Returns:
            `path` for the task itself, `path/"out"/<argument>/<index or key>/...` for
            a configuration in it.
        """
        path = self.path
        return path.joinpath("out", *self.segments) if self.segments else path

    def partial_path(self, partial: Partial, config: Any) -> Path:
        """Folder shared by all tasks with the same partial identifier.

        Args:
            partial: says which arguments do not count.
            config: the configuration whose path is generated.
        """
        raise AttributeError(f"{type(self).__name__} has no folder for partial identifiers")

    def partialpath(self, partial: Partial, config: Any) -> Path:
        """See `partial_path`."""
        return self.partial_path(partial, config)


class DirectoryContext(ConfigWalkContext):
    """All paths lie in one folder.

    Args:
        path: the folder.
    """

    def __init__(self, path: str | Path) -> None:
        from pathlib import Path  # by now it is there, as a rule

        super().__init__()
        self._path = Path(path)

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    def partial_path(self, partial: Partial, config: Any) -> Path:
        """A folder by partial identifier, under `partials`."""
        identifier = config.__xpm__.get_partial_identifier(partial)
        return self._path / "partials" / (partial.name or "partial") / str(identifier)


class EmptyContext(ConfigWalkContext):
    """No folder: paths are not generated yet."""


def segment(key: Any) -> str:
    """A dictionary's key as part of a path that stays in its folder."""
    text = str(getattr(key, "name", key))
    parts = text.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in text or "\\" in text:
        from urllib.parse import quote  # for strange keys alone

        return quote(text, safe="").replace(".", "%2E")
    return text
