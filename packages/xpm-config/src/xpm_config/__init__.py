"""Typed, composable configurations with stable identifiers."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Annotated, Any

from ._classes.config import Config, InstanceConfig
from ._classes.decorators import config_only, documentation, initializer, sealed_set, setmeta
from ._classes.mixin import ConfigMixin
from ._declarations.hints import (
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
from ._declarations.hints import Help as help
from ._declarations.hooks import SubmitHook, submit_hooks
from ._declarations.schema import ObjectType
from ._identity.identifier import Identifier
from ._identity.identify import IdentifierComputer, identifiers
from ._model.argument import Argument
from ._model.generation import (
    ConfigWalkContext,
    EmptyContext,
    Generator,
    PathGenerator,
    pathgenerator,
)
from ._model.groups import ParameterGroup, Partial, param_group, partial
from ._model.traversal import mark_output, producers, walk
from ._model.type import Type
from ._objects.copying import clone, copyconfig
from ._objects.information import ConfigInformation
from ._objects.instances import ObjectStore
from ._objects.tags import TagDict, stop_tags, tag, tags, tagspath
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

    from ._classes.deprecation import deprecate
    from ._documents.files import from_file, to_file
    from ._documents.reader import from_dict
    from ._documents.writer import to_dict
    from ._identity.differences import ABSENT, Difference, differences, explain
    from ._objects.contexts import DirectoryContext

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
        "DirectoryContext": "xpm_config._objects.contexts",
        "deprecate": "xpm_config._classes.deprecation",
        "ABSENT": "xpm_config._identity.differences",
        "Difference": "xpm_config._identity.differences",
        "differences": "xpm_config._identity.differences",
        "explain": "xpm_config._identity.differences",
        "from_dict": "xpm_config._documents.reader",
        "from_file": "xpm_config._documents.files",
        "to_dict": "xpm_config._documents.writer",
        "to_file": "xpm_config._documents.files",
    }

    def __getattr__(name: str) -> typing.Any:
        home = _LAZY.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = getattr(import_module(home), name)
        globals()[name] = found
        return found
