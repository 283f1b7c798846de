"""Tasks that make loaded configurations ready."""

from xpm_serialize import PathSerializationLWTask, SerializationLWTask

__all__ = ["PathSerializationLWTask", "SerializationLWTask"]
