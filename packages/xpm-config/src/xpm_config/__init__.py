"""Typed, composable configurations with stable identifiers."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Annotated, Any

from ._arguments import Argument
from ._config import Config, InstanceConfig
from ._context import ConfigWalkContext, DirectoryContext, EmptyContext
from ._copying import clone, copyconfig
from ._decorators import config_only, documentation, initializer, sealed_set, setmeta
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
from ._hooks import SubmitHook, submit_hooks
from ._identifier import Identifier
from ._identifiers import IdentifierComputer, identifiers
from ._information import ConfigInformation
from ._instances import ObjectStore
from ._mixin import ConfigMixin
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
    MissingStorageError,
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

    from ._differences import ABSENT, Difference, differences, explain
    from ._files import from_file, to_file
    from ._plain import to_dict
    from ._reading import from_dict

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
    "IdentifierComputer",
    "ObjectStore",
    "clone",
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
    "documentation",
    "initializer",
    # plain data and files
    "from_dict",
    "from_file",
    "to_dict",
    "to_file",
    # comparison
    "ABSENT",
    "Difference",
    "differences",
    "explain",
    # walks, and what tasks need
    "DependentMarker",
    "SubmitHook",
    "mark_output",
    "producers",
    "submit_hooks",
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
    "MissingStorageError",
    "OwnedPathError",
    "ReadOnlyError",
    "SealedError",
    "UnhashableConfigError",
    "UnknownArgumentError",
    "UnsetArgumentError",
    "UnsubmittedTaskError",
]

if not TYPE_CHECKING:
    # What a plan can do without is loaded when it is asked for: pathlib, attrs and json
    # cost start-up time.
    _LAZY = {
        "Path": "pathlib",
        "ABSENT": "xpm_config._differences",
        "Difference": "xpm_config._differences",
        "differences": "xpm_config._differences",
        "explain": "xpm_config._differences",
        "from_dict": "xpm_config._reading",
        "from_file": "xpm_config._files",
        "to_dict": "xpm_config._plain",
        "to_file": "xpm_config._files",
    }

    def __getattr__(name: str) -> typing.Any:
        home = _LAZY.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(home), name)
        globals()[name] = found
        return found
