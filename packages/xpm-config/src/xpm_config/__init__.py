"""Typed, composable configurations with stable identifiers."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Annotated, Any

from ._arguments import Argument
from ._config import Config, ConfigMixin, InstanceConfig
from ._context import ConfigWalkContext, DirectoryContext, EmptyContext
from ._copying import copyconfig
from ._decorators import config_only, initializer, sealed_set, setmeta
from ._deprecation import deprecate
from ._generators import Generator, PathGenerator, pathgenerator
from ._groups import ParameterGroup, Partial, param_group, partial
from ._hints import (
    Array,
    Choices,
    Constant,
    DataPath,
    DependentMarker,
    Meta,
    Option,
    OptionalDataPath,
    Param,
    field,
)
from ._hints import Help as help
from ._identifier import Identifier
from ._identify import identifiers
from ._information import ConfigInformation
from ._instances import ObjectStore
from ._schema import ObjectType
from ._tagging import TagDict, stop_tags, tag, tags, tagspath
from ._types import Type
from ._walking import mark_output, producers, walk
from .exceptions import (
    ArgumentTypeError,
    CompositionError,
    ConfigError,
    ConfigValidationError,
    DefinitionError,
    DocumentError,
    EncodingError,
    OwnedPathError,
    ReadOnlyError,
    SealedError,
    UnhashableConfigError,
    UnknownArgumentError,
    UnsetArgumentError,
    UnsubmittedTaskError,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    # classes
    "Config",
    "InstanceConfig",
    "ConfigMixin",
    # annotations
    "Annotated",
    "Any",
    "Array",
    "Choices",
    "Constant",
    "DataPath",
    "Meta",
    "Option",
    "OptionalDataPath",
    "Param",
    "Path",
    "field",
    "help",
    # groups and partial identifiers
    "ParameterGroup",
    "Partial",
    "param_group",
    "partial",
    # paths
    "ConfigWalkContext",
    "DirectoryContext",
    "EmptyContext",
    "Generator",
    "PathGenerator",
    "pathgenerator",
    # configuration objects
    "ConfigInformation",
    "Identifier",
    "ObjectStore",
    "copyconfig",
    "identifiers",
    "sealed_set",
    "setmeta",
    # tags
    "TagDict",
    "stop_tags",
    "tag",
    "tags",
    "tagspath",
    # methods
    "config_only",
    "deprecate",
    "initializer",
    # walks, and what tasks need
    "DependentMarker",
    "mark_output",
    "producers",
    "walk",
    # schemas
    "Argument",
    "ObjectType",
    "Type",
    # errors
    "ArgumentTypeError",
    "CompositionError",
    "ConfigError",
    "ConfigValidationError",
    "DefinitionError",
    "DocumentError",
    "EncodingError",
    "OwnedPathError",
    "ReadOnlyError",
    "SealedError",
    "UnhashableConfigError",
    "UnknownArgumentError",
    "UnsetArgumentError",
    "UnsubmittedTaskError",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> typing.Any:
        if name == "Path":
            # pathlib costs start-up time, which a plan without paths can do without
            from pathlib import Path

            globals()["Path"] = Path
            return Path
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
