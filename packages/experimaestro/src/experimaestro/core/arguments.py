"""Annotations of parameters."""

from xpm_config import (
    Annotated,
    Argument,
    Constant,
    DataPath,
    Meta,
    Option,
    OptionalDataPath,
    Param,
    field,
)

__all__ = [
    "Annotated",
    "Argument",
    "Constant",
    "DataPath",
    "Meta",
    "Option",
    "OptionalDataPath",
    "Param",
    "field",
]
