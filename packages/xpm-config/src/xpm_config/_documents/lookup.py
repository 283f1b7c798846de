"""Classes and members of enumerations, found by the names they have in plain data."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from xpm_config._declarations.schema import ObjectType
from xpm_config._model.checks import is_config_class
from xpm_config._model.names import nearest

from .writer import class_name

if TYPE_CHECKING:
    from types import ModuleType

    from xpm_config._model.state import ConfigClass


def _module(name: str, qualname: str) -> ModuleType:
    """Return the module that is expected to hold a class, imported if it must be.

    A script may have been loaded under another name than `__main__` (see `module_name`);
    what runs as `__main__` is not the program that the data refers to then.
    """
    if name == "__main__" and not hasattr(sys.modules[name], qualname.partition(".")[0]):
        name = "__mp_main__" if "__mp_main__" in sys.modules else name
    return sys.modules.get(name) or importlib.import_module(name)


def find_class(name: str) -> type[ConfigClass]:
    """Return the configuration class of a name (`module:Class`); its module is imported.

    Raises:
        LookupError: nothing has this name.
    """
    for cls in ObjectType.REGISTERED:
        if class_name(cls) == name:
            return cls
    module, _, qualname = name.partition(":")
    if not module or not qualname:
        raise LookupError(f"expected module:Class, got {name!r}")
    try:
        found: object = _module(module, qualname)
    except ImportError as error:
        raise LookupError(f"the module of {name} cannot be imported: {error}") from None
    for part in qualname.split("."):
        parent = found
        found = getattr(parent, part, None)
        if found is None:
            raise LookupError(f"{module} has no '{part}'{nearest(part, dir(parent))}")
    if not isinstance(found, type) or not is_config_class(found):
        raise LookupError(f"{name} is not a configuration class")
    return found


def find_member(text: str) -> object:
    """Return the member of an enumeration of a name (`module:Class.MEMBER`).

    Raises:
        LookupError: nothing has this name.
    """
    name, _, member = text.rpartition(".")
    module, _, qualname = name.partition(":")
    try:
        enumeration: Any = _module(module, qualname)
        for part in qualname.split("."):
            enumeration = getattr(enumeration, part)
        found: object = enumeration[member]
        return found
    except (ImportError, AttributeError, KeyError, TypeError, ValueError):
        raise LookupError(f"expected module:Class.MEMBER, got {text!r}") from None
