"""Types of parameters and configurations."""

from xpm_config import Identifier, SubmitHook
from xpm_config.types import (
    AnyType,
    BoolType,
    DictType,
    EnumType,
    FloatType,
    IntType,
    ListType,
    ObjectType,
    PathType,
    SetType,
    StrType,
    TupleType,
    Type,
    UnionType,
)

ArrayType = ListType

__all__ = [
    "AnyType",
    "ArrayType",
    "BoolType",
    "DictType",
    "EnumType",
    "FloatType",
    "Identifier",
    "IntType",
    "ListType",
    "ObjectType",
    "PathType",
    "SetType",
    "StrType",
    "SubmitHook",
    "TupleType",
    "Type",
    "UnionType",
]
