"""What is known while something is serialized."""

from xpm_serialize import SerializationContext, SerializedPath

__all__ = ["SerializationContext", "SerializedPath"]
