"""Tasks that make a loaded configuration ready, such as by reading its weights."""

from __future__ import annotations

from xpm_config import Config, DataPath, Param


class LightweightTask(Config):
    """Something to execute in a process, before a task or when a configuration is loaded."""

    def execute(self) -> None:
        """Do the work."""
        raise NotImplementedError(f"{type(self).__qualname__} must define execute()")


class SerializationLWTask(LightweightTask):
    """Makes a configuration's value object ready: sub-classes define `execute()`.

    Given to `serialize`, it is saved with the configuration, and executed by
    `deserialize` on the loaded instance.

    Attributes:
        value: The configuration.
    """

    value: Param[Config]


class PathSerializationLWTask(SerializationLWTask):
    """Makes a configuration's value object ready from a file or folder.

    Attributes:
        path: The file or folder, which is saved with it.
    """

    path: DataPath
