"""What the packages declare about themselves is true and the same everywhere."""

from __future__ import annotations

import ast
import itertools
import re
import sys
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
VERSION = Version((ROOT / "VERSION").read_text(encoding="utf-8").strip())
PACKAGES = {folder.parent.name: folder.parent for folder in ROOT.glob("packages/*/pyproject.toml")}
MODULES = {"attr": "attrs", "attrs": "attrs", "yaml": "pyyaml"}

each_package = pytest.mark.parametrize("name", sorted(PACKAGES))


def _requirements(name: str) -> list[Requirement]:
    return [Requirement(text) for text in requires(name) or ()]


@each_package
def test_one_version_for_all(name: str) -> None:
    assert Version(version(name)) == VERSION


@each_package
def test_the_licence_is_the_same(name: str) -> None:
    assert (PACKAGES[name] / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@each_package
def test_the_ranges_of_siblings_hold_this_version_and_not_the_next_minor(name: str) -> None:
    after = Version(f"{VERSION.major}.{VERSION.minor + 1}")
    for requirement in _requirements(name):
        if requirement.name in PACKAGES:
            assert requirement.specifier.contains(VERSION, prereleases=True), requirement
            assert not requirement.specifier.contains(after), requirement


@each_package
def test_bounds_on_third_parties_have_no_ceiling(name: str) -> None:
    """A ceiling is met by users as a conflict; those of siblings are for one release."""
    for requirement in _requirements(name):
        if requirement.name not in PACKAGES:
            assert {clause.operator for clause in requirement.specifier} == {">="}, requirement


class _Imports(ast.NodeVisitor):
    """Collects the top-level modules that are imported when the program runs."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        self.found.update(alias.name.partition(".")[0] for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level == 0 and node.module:
            self.found.add(node.module.partition(".")[0])

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            for child in node.orelse:
                self.visit(child)
        else:
            self.generic_visit(node)


def _imported(package: Path) -> set[str]:
    """The top-level modules that the sources import, also inside functions."""
    imports = _Imports()
    for file in (package / "src").rglob("*.py"):
        imports.visit(ast.parse(file.read_text(encoding="utf-8")))
    return imports.found


@each_package
def test_what_is_imported_is_declared(name: str) -> None:
    # mypy itself loads the plug-in; annotationlib is of the standard library from 3.14 on
    own = {name.replace("-", "_"), "mypy", "annotationlib"}
    third = {
        module for module in _imported(PACKAGES[name]) if module not in sys.stdlib_module_names
    }
    needed = {MODULES.get(module, module.replace("_", "-")) for module in third - own}
    assert needed <= {requirement.name for requirement in _requirements(name)}


# What a package declares for others, and does not import itself: the reason is in its file.
FOR_OTHERS = {"experimaestro": {"attrs", "psutil", "pyyaml", "rich"}}


@each_package
def test_what_is_declared_is_imported(name: str) -> None:
    imported = {
        MODULES.get(module, module.replace("_", "-")) for module in _imported(PACKAGES[name])
    }
    declared = {requirement.name for requirement in _requirements(name)}
    assert declared - imported == FOR_OTHERS.get(name, set())


@each_package
def test_each_dependency_has_its_reason(name: str) -> None:
    lines = (PACKAGES[name] / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    third = {
        requirement.name for requirement in _requirements(name) if requirement.name not in PACKAGES
    }
    reasons = ""
    for before, line in itertools.pairwise(lines):
        found = re.search(r'^(?:\s+|\w+ = \[)"([\w-]+)[>\[]', line)
        if found and found[1] in third:
            # One reason may stand above several.
            reasons = before if before.strip().startswith("#") else reasons
            assert reasons, f"{line.strip()} of {name}: say in a comment above what it is for"
            third.discard(found[1])
        elif not line.strip().startswith('"'):
            reasons = ""
    assert not third


def test_every_module_is_written_for_the_oldest_python() -> None:
    for name, folder in PACKAGES.items():
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
        assert 'requires-python = ">=3.10"' in text, name


def test_the_readme_of_each_package_starts_with_its_name() -> None:
    for name, folder in PACKAGES.items():
        first = (folder / "README.md").read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(rf"# `?{name}`?", first), f"{name}: {first}"
