"""Types of arguments, for those who read schemas (`A.__xpmtype__.arguments["x"].type`).

>>> from xpm_config import Config, Param
>>> from xpm_config.types import IntType, ListType
>>> class Model(Config):
...     sizes: Param[list[int]]
>>> sizes = Model.__xpmtype__.arguments["sizes"].type
>>> isinstance(sizes, ListType), isinstance(sizes.element, IntType)
(True, True)
"""

from ._configtype import ConfigType, VariableType
from ._containers import (
    AnyType,
    DictType,
    ListType,
    OptionalType,
    SetType,
    TupleType,
    UnionType,
)
from ._schema import ObjectType
from ._types import (
    BoolType,
    BytesType,
    EnumType,
    FloatType,
    IntType,
    LiteralType,
    NoneType,
    PathType,
    StrType,
    Type,
)

__all__ = [
    # scalars
    "BoolType",
    "BytesType",
    "EnumType",
    "FloatType",
    "IntType",
    "LiteralType",
    "NoneType",
    "PathType",
    "StrType",
    # containers
    "DictType",
    "ListType",
    "SetType",
    "TupleType",
    # one of several
    "AnyType",
    "OptionalType",
    "UnionType",
    # configurations
    "ConfigType",
    "ObjectType",
    "VariableType",
    # base of all
    "Type",
]
