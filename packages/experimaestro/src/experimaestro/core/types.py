"""Types of parameters and configurations."""

from xpm_config import Identifier, ObjectType, Type

__all__ = ["Identifier", "ObjectType", "Type"]
