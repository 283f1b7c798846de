"""A context whose generated paths lie in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._identity.identify import identify_partial
from xpm_config._model.generation import ConfigWalkContext

if TYPE_CHECKING:
    from pathlib import Path

    from xpm_config._model.groups import Partial


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
        """Return a folder by partial identifier, under `partials`."""
        identifier = identify_partial(config, partial)
        return self._path / "partials" / (partial.name or "partial") / str(identifier)
