"""The import paths that users know: each works, or is known to be still absent."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import experimaestro

HERE = Path(__file__).parent


def _read(name: str) -> dict[str, set[str]]:
    """Reads `module: names` lines."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split(":") for line in lines if line and not line.startswith("#")]
    return {module: set(names.split()) for module, names in pairs}


def _available(module: str, names: set[str]) -> set[str]:
    """Those of the names that can be imported from the module."""
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        # only the module itself, or one above it, may be missing
        if error.name is None or not module.startswith(error.name):
            raise
        return set()
    return {name for name in names if hasattr(loaded, name)}


def test_known_paths_work_or_are_listed_as_not_yet() -> None:
    """`not-yet.txt` shrinks with what is built: it may neither miss a name nor keep one."""
    surface = _read("surface.txt")
    absent = {
        module: names - _available(module, names)
        for module, names in surface.items()
        if names - _available(module, names)
    }
    assert absent == _read("not-yet.txt")


def test_all_names_resolve() -> None:
    for name in experimaestro.__all__:
        assert getattr(experimaestro, name) is not None
    assert set(experimaestro.__all__) <= set(dir(experimaestro))


def test_star_import_gives_all_names() -> None:
    namespace: dict[str, object] = {}
    exec("from experimaestro import *", namespace)
    assert set(experimaestro.__all__) <= namespace.keys()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'NoSuchName'"):
        importlib.import_module("experimaestro").NoSuchName  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    assert experimaestro.__version__ == version("experimaestro")


def test_type_checkers_see_the_same_names() -> None:
    """What is imported `if TYPE_CHECKING` and what is loaded lazily are the same names."""
    tree = ast.parse(Path(experimaestro.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.level == 0
        for alias in node.names
    }
    assert seen | {"Any", "__version__"} == set(experimaestro.__all__)


def _modules_after(code: str) -> set[str]:
    """The names of the modules that are loaded once a fresh interpreter has run the code."""
    code += "\nimport sys; print(*sys.modules)"
    end = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(end.stdout.split())


def test_importing_the_package_loads_no_other() -> None:
    loaded = _modules_after("import experimaestro")
    assert not {name for name in loaded if name.startswith("xpm_")}


def test_help_loads_no_package() -> None:
    code = (
        "from experimaestro.cli import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        "import sys; sys.stdout.write('\\n')"
    )
    assert not {name for name in _modules_after(code) if name.startswith("xpm_")}
