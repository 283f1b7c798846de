"""Rooms and doors: how the modules of each package are laid out, whatever they do.

What may import what is held by import-linter (`pyproject.toml`); `docs/architecture.md` says why.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec, resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Import name → its folder
PACKAGES = {marker.parent.name: marker.parent for marker in ROOT.glob("packages/*/src/*/py.typed")}
each_package = pytest.mark.parametrize("package", sorted(PACKAGES))

LONGEST = 300
#: Modules that are longer, and why
LONG = {
    "experimaestro/__init__.py": "the public names, three times: by kind, for types, for loading",
    "xpm_scheduler/_experiment/experiment.py": "a class of users: half of it is documentation",
}

FEWEST, MOST = 3, 12
#: Rooms with fewer or more modules, and why
ODD_ROOMS = {
    "xpm_hf/_cli": "the commands of a package are in `_cli`, in each package",
    "xpm_launchers/_testing": "what the public `testing` offers, kept apart from the product",
}

# Roles and fields of reStructuredText: docstrings are Markdown, in Google's sections.
_ROLES = re.compile(
    r":(?:class|func|meth|attr|mod|exc|data|obj):`|^\s*:(?:param|type|returns?|rtype|raises)\b|(?<!`)``(?!`)",
    re.M,
)
_PRIVATE = re.compile(rf"^(?:{'|'.join(PACKAGES)})(?:\.\w+)*\._\w+(?:\.\w+)*(?::\w+)?$")
_RELATIVE = re.compile(r"^\.*_\w+(?:\.\w+)+$|^\.+_\w+$")


def _name(path: Path, package: str) -> str:
    return path.relative_to(PACKAGES[package].parent).as_posix()


def _modules(package: str) -> list[Path]:
    return sorted(PACKAGES[package].rglob("*.py"))


def _rooms(package: str) -> list[Path]:
    """The private folders of a package, and the folders inside them."""
    root = PACKAGES[package]
    folders = {path.parent for path in _modules(package)} - {root}
    return sorted(path for path in folders if path.relative_to(root).parts[0].startswith("_"))


def _size(room: Path) -> int:
    """How many modules and rooms there are in a room."""
    modules = [path for path in room.glob("*.py") if path.name != "__init__.py"]
    return len(modules) + len(list(room.glob("*/__init__.py")))


def _length(module: Path) -> int:
    return len(module.read_text(encoding="utf-8").splitlines())


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@each_package
def test_a_room_says_what_it_is(package: str) -> None:
    for room in _rooms(package):
        assert (room / "__init__.py").is_file(), f"{room} is not a package"
        assert ast.get_docstring(_tree(room / "__init__.py")), f"{room} does not say what it is"


@each_package
def test_a_room_has_a_few_modules(package: str) -> None:
    """Fewer need no room of their own; among more, nothing is found."""
    odd = [
        f"{name}: {_size(room)} modules"
        for room in _rooms(package)
        for name in [_name(room, package)]
        if not FEWEST <= _size(room) <= MOST and name not in ODD_ROOMS
    ]
    assert odd == []


@each_package
def test_no_module_is_long(package: str) -> None:
    long = [
        f"{name}: {_length(path)} lines"
        for path in _modules(package)
        for name in [_name(path, package)]
        if _length(path) > LONGEST and name not in LONG
    ]
    assert long == []


def test_the_exceptions_are_needed() -> None:
    for name in ODD_ROOMS:
        room = PACKAGES[name.partition("/")[0]].parent / name
        assert room.is_dir()
        assert not FEWEST <= _size(room) <= MOST
    for name in LONG:
        assert _length(PACKAGES[name.partition("/")[0]].parent / name) > LONGEST


@each_package
def test_only_public_modules_and_rooms_are_at_the_root(package: str) -> None:
    private = {
        path.name
        for path in PACKAGES[package].glob("_*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }
    assert private == set()


_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _documented(tree: ast.Module) -> Iterator[_Documented]:
    for node in ast.walk(tree):
        if isinstance(node, _Documented):
            yield node


@each_package
def test_docstrings_are_markdown(package: str) -> None:
    """Ruff checks Google's sections, but takes the fields and roles of reStructuredText as text."""
    found = [
        f"{_name(path, package)}: {match.group().strip()}"
        for path in _modules(package)
        for node in _documented(_tree(path))
        for match in [_ROLES.search(ast.get_docstring(node) or "")]
        if match
    ]
    assert found == []


def _docstrings(tree: ast.Module) -> set[int]:
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


#: What the tables of lazy names are called; the first in a module is the one that is written
_TABLES = ("_HOMES", "_HOME_OF", "_LAZY")


def _lazy_table(tree: ast.Module) -> ast.Assign | ast.AnnAssign | None:
    """The names that a module loads when they are first used: its dictionary of their homes."""
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    if "__getattr__" not in functions:
        return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id in _TABLES:
                return node
    return None


def _names_a_private_module(text: str, package: str) -> bool:
    if _PRIVATE.match(text):
        return True
    return bool(_RELATIVE.match(text)) and _is_module(f"{package}.{text.lstrip('.')}")


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@each_package
def test_no_string_names_a_private_module(package: str) -> None:
    """Such an import is seen neither by a reader nor by the contracts.

    The exception is what a public module loads when it is first used: the same names are
    imported for type checkers beside it, and these imports count.
    """
    found: list[str] = []
    for path in _modules(package):
        tree = _tree(path)
        allowed = _docstrings(tree)
        table = _lazy_table(tree)
        if table is not None and (path.name == "__init__.py" or not path.name.startswith("_")):
            allowed |= {id(node) for node in ast.walk(table)}
        found += [
            f"{_name(path, package)}:{node.lineno}: {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in allowed
            and _names_a_private_module(node.value, package)
        ]
    assert found == []


def _typed_imports(tree: ast.Module, module: str, is_package: bool) -> dict[str, str]:
    """Name → module, of what is imported `if TYPE_CHECKING`."""
    found: dict[str, str] = {}
    parent = module if is_package else module.rpartition(".")[0]
    for block in tree.body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for node in ast.walk(block):
                if isinstance(node, ast.ImportFrom):
                    source = resolve_name("." * node.level + (node.module or ""), parent)
                    found |= {alias.asname or alias.name: source for alias in node.names}
    return found


def _lazy_homes(module: str, table: ast.Assign | ast.AnnAssign) -> dict[str, str]:
    """Name → home, of what a module loads when it is first used."""
    target = table.targets[0] if isinstance(table, ast.Assign) else table.target
    homes = vars(import_module(module))[ast.unparse(target)]
    found: dict[str, str] = {}
    for key, value in homes.items():
        found |= {key: value} if isinstance(value, str) else dict.fromkeys(value, key)
    return found


@each_package
def test_what_is_loaded_lazily_is_what_type_checkers_see(package: str) -> None:
    for path in _modules(package):
        table = _lazy_table(_tree(path))
        if table is None:
            continue
        parts = _name(path, package).removesuffix(".py").split("/")
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        typed = _typed_imports(_tree(path), module, is_package)
        offered = set(_lazy_homes(module, table))
        assert offered == {name for name in typed if name in import_module(module).__all__}, module
        for name in offered:
            value = getattr(import_module(module), name)
            assert value is getattr(import_module(typed[name]), name), f"{module}.{name}"
