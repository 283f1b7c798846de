"""Find the classes that definitions name, without executing anything else.

A definition may come from elsewhere: a module is imported only if its source declares the
class, a class is used only if it is a configuration (or an enumeration) of that module, and a
script is executed once in a process, for all objects that need it.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Sequence
from enum import Enum
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import TypeVar

from xpm_config import Config
from xpm_serialize.exceptions import ClassNotFoundError

#: The name of a main script that `multiprocessing` loads in another process: with it, value
#: objects of its classes can be pickled to worker processes of the job
MAIN_ALIAS = "__mp_main__"
_MAIN = ("__main__", MAIN_ALIAS)

#: A class statement, and its name (compiled once: every job looks for its class)
_CLASS = re.compile(rb"^[ \t]*class[ \t]+([^\s(:\[]+)", re.M)

_Kind = TypeVar("_Kind")

_scripts: dict[str, ModuleType] = {}

#: Whether this process exists for one task: then the script of the task becomes its main module,
#: as in the processes of `multiprocessing`.
_own_process = False


def set_own_process() -> None:
    """Note that this process exists for the task that is loaded next."""
    global _own_process
    _own_process = True


_configs: dict[tuple[str, str, str | None], type[Config]] = {}


def find_config(module: str, name: str, file: str | None, where: str) -> type[Config]:
    """Return the configuration class of a name.

    Args:
        module: its module.
        name: its qualified name in the module.
        file: the file that defines the module, if it is a script or outside any package;
            `None` when files must not be executed.
        where: the file and object that need it, for messages.

    Raises:
        ClassNotFoundError: there is no such class, or it may not be loaded.
    """
    found = _configs.get((module, name, file))
    if found is None:
        found = _find(module, name, file, where, Config, "a configuration class")
        _configs[module, name, file] = found
    return found


def find_enum(module: str, name: str, file: str | None, where: str) -> type[Enum]:
    """Return the enumeration of a name (see `find_config`)."""
    return _find(module, name, file, where, Enum, "an enumeration")


def _find(
    module: str, name: str, file: str | None, where: str, base: type[_Kind], expected: str
) -> type[_Kind]:
    loaded = _module(module, name, file, where)
    value: object = loaded
    for part in name.split("."):
        # The namespaces themselves: a module's `__getattr__` is code that was not asked for.
        value = vars(value).get(part) if isinstance(value, (ModuleType, type)) else None
    if value is None:
        raise ClassNotFoundError(f"{where}: module {module!r} has no class {name!r}")
    if not isinstance(value, type) or not issubclass(value, base):
        raise ClassNotFoundError(f"{where}: {module}.{name} is not {expected}")
    if value.__module__ != loaded.__name__ and not (value.__module__ in _MAIN and module in _MAIN):
        raise ClassNotFoundError(
            f"{where}: {module}.{name} is defined elsewhere, in {value.__module__!r}"
        )
    return value


def _module(name: str, member: str, file: str | None, where: str) -> ModuleType:
    """Return the module of a class: a loaded one, or an importable one, or the file's."""
    if name in _MAIN:
        return _main(name, member, file, where)
    loaded = sys.modules.get(name)
    if loaded is not None and _has(loaded, member):
        return loaded
    if loaded is None and _declares(_locate(name), member):
        return _import(name, where)
    if file is not None and os.path.isfile(file):
        return _script(file, name if loaded is None else None, where)
    if loaded is not None:
        return loaded
    if _locate(name) is None:
        hint = "" if file is None else f", nor the file {file}"
        raise ClassNotFoundError(f"{where}: there is no module {name!r}{hint}")
    raise ClassNotFoundError(f"{where}: module {name!r} declares no class {member!r}")


def _main(name: str, member: str, file: str | None, where: str) -> ModuleType:
    """Return the script that was run as `__main__` when the definition was written."""
    for alias in _MAIN:
        main = sys.modules.get(alias)
        if main is not None and _is_file(main, file) and _has(main, member):
            return main
    if file is None:
        raise ClassNotFoundError(
            f"{where}: {name}.{member} is a class of a script, which is not known or not allowed"
        )
    if not os.path.isfile(file):
        raise ClassNotFoundError(
            f"{where}: the script {file}, which defines {member!r}, does not exist"
        )
    known = sys.modules.get(MAIN_ALIAS)
    free = known is None or (_own_process and known not in _scripts.values())
    script = _script(file, MAIN_ALIAS if free else None, where)
    if free and _own_process:
        # Under both names also after the script has imported `multiprocessing`, which gives the
        # name `__main__` to the module of the other name.
        sys.modules["__main__"] = sys.modules[MAIN_ALIAS] = script
    return script


def _is_file(module: ModuleType, file: str | None) -> bool:
    own: str | None = getattr(module, "__file__", None)
    return file is None or (own is not None and os.path.realpath(own) == os.path.realpath(file))


def _has(module: ModuleType, member: str) -> bool:
    return member.partition(".")[0] in vars(module)


def _locate(name: str) -> ModuleSpec | None:
    """Return where a module is, without importing the packages that hold it."""
    path: Sequence[str] | None = None
    spec: ModuleSpec | None = None
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for index in range(len(parts)):
        full = ".".join(parts[: index + 1])
        parent = sys.modules.get(full)
        spec = getattr(parent, "__spec__", None) if parent is not None else None
        if spec is None:
            spec = PathFinder.find_spec(full, path) or _other_finders(full, path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
        if path is None and index + 1 < len(parts):
            return None
    return spec


def _other_finders(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Return where a module is, by the finders of editable installations and the like."""
    for finder in sys.meta_path:
        # Finders of former Python versions do not have it.
        spec = finder.find_spec(name, path) if hasattr(finder, "find_spec") else None
        if spec is not None:
            return spec
    return None


def _declares(spec: ModuleSpec | None, member: str) -> bool:
    """Whether a module's source declares a class; assume so of a module without source."""
    if spec is None:
        return False
    if spec.origin is None or not spec.origin.endswith(".py"):
        return spec.origin not in (None, "built-in", "frozen")
    try:
        with open(spec.origin, "rb") as source:
            return member.partition(".")[0].encode() in _CLASS.findall(source.read())
    except OSError:
        return False


def _import(name: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ClassNotFoundError(
            f"{where}: module {name!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error


def _script(file: str, name: str | None, where: str) -> ModuleType:
    """Execute a script, once in a process, as a module (never as `__main__`)."""
    path = os.path.realpath(file)
    module = _scripts.get(path)
    if module is not None:
        return module
    if name is None:
        name = f"__xpm_script_{len(_scripts)}__"
    loader = SourceFileLoader(name, path)
    module = ModuleType(name)
    module.__file__ = file
    module.__loader__ = loader
    module.__package__ = _package(path)
    sys.modules[name] = module
    try:
        # The loader's way to the code goes through the byte code kept beside the source.
        code = loader.get_code(name)
        if code is not None:
            exec(code, vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ClassNotFoundError(
            f"{where}: the script {file} cannot be loaded: {type(error).__name__}: {error}"
        ) from error
    except BaseException:
        del sys.modules[name]
        raise
    _scripts[path] = module
    return module


def _package(file: str) -> str:
    """Return the package of a script (`python -m package`), for its relative imports."""
    parts: list[str] = []
    folder = os.path.dirname(file)
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, _, name = folder.rpartition(os.sep)
        parts.insert(0, name)
    return ".".join(parts)
