"""What `config.__xpm__` stores and loads configurations with (the entry point of that)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xpm_config import Config
from xpm_serialize._writing.save import save

from .load import Location, deserialize_object, load_objects

__all__ = ["deserialize", "load_objects", "serialize"]


def serialize(config: Config, save_directory: str | Path, definition_filename: str) -> None:
    """Save a configuration (see `save`)."""
    save(config, save_directory, definition_filename)


def deserialize(
    path: Location,
    as_instance: bool,
    partial_loading: bool | None,
    definition_filename: str | None,
) -> Any:
    """Load a configuration, without what must be executed to make it ready."""
    return deserialize_object(path, as_instance, partial_loading, definition_filename)
