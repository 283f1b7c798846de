"""What a record holds to find its class."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from .json_types import JsonObject

_headers: dict[type[object], tuple[JsonObject, JsonObject]] = {}


def standalone_file(kind: type[object]) -> str | None:
    """Return the file of a class that cannot be imported by the name of a package.

    Returns:
        The absolute path of a script run as `__main__`, or of a module outside any package;
        `None` for a class of a package, or one without a file.
    """
    module = sys.modules.get(kind.__module__)
    if module is None or (getattr(module, "__package__", None) and not _is_main(module)):
        return None
    file: str | None = getattr(module, "__file__", None)
    return None if file is None else os.path.abspath(file)


def _is_main(module: ModuleType) -> bool:
    return module is sys.modules.get("__main__")


def header(kind: type[object]) -> tuple[JsonObject, JsonObject]:
    """Return what comes first in each record of a class, and what comes before its fields."""
    found = _headers.get(kind)
    if found is None:
        module = kind.__module__
        first: JsonObject = {
            "module": module,
            "type": kind.__qualname__,
            "typename": f"{module}.{kind.__qualname__}",
        }
        file = standalone_file(kind)
        found = _headers[kind] = (first, {} if file is None else {"file": file})
    return found
