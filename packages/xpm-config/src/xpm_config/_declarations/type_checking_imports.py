"""Names that a module imports for type checkers alone (`if TYPE_CHECKING:`).

Modules whose classes refer to each other are written so. When an annotation is resolved,
at the first use of its class, all of them can be imported.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from functools import cache
from typing import Any

from xpm_config._model.argument import UNSET


def imported_for_checkers(module: str, name: str) -> Any:
    """Return what a module imports under a name for type checkers, or `UNSET`."""
    for statement, alias in _imports(module):
        if isinstance(statement, ast.Import):
            if name == (alias.asname or alias.name.partition(".")[0]):
                found = importlib.import_module(alias.name)
                return found if alias.asname else sys.modules[name]
        elif name == (alias.asname or alias.name):
            package = vars(sys.modules[module]).get("__package__") or ""
            relative = "." * statement.level + (statement.module or "")
            source = importlib.import_module(relative, package)
            if hasattr(source, alias.name):
                return getattr(source, alias.name)
            return importlib.import_module(f"{source.__name__}.{alias.name}")
    return UNSET


@cache
def _imports(module: str) -> list[tuple[Any, ast.alias]]:
    """Return the imports under `if TYPE_CHECKING:` of a module."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return []  # there is no source
    return [
        (statement, alias)
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for alias in statement.names
    ]
