"""Types of arguments, for those who read schemas (`A.__xpmtype__.arguments["x"].type`).

>>> from xpm_config import Config, Param
>>> from xpm_config.types import IntType, ListType
>>> class Model(Config):
...     sizes: Param[list[int]]
>>> sizes = Model.__xpmtype__.arguments["sizes"].type
>>> isinstance(sizes, ListType), isinstance(sizes.element, IntType)
(True, True)
"""

from ._declarations.schema import ObjectType
from ._model.type import Refused, Type
from ._types.collections import DictType, ListType, SetType, TupleType
from ._types.configs import ConfigType, VariableType
from ._types.enumerations import EnumType, LiteralType
from ._types.scalars import BoolType, BytesType, FloatType, IntType, NoneType, PathType, StrType
from ._types.unions import AnyType, OptionalType, UnionType

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
    # base of all, and what they raise
    "Type",
    "Refused",
]
