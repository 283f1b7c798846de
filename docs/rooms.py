"""Draws the packages and their rooms for docs/architecture.md: `./dev run python docs/rooms.py`.

The order comes from the contracts of import-linter in `pyproject.toml`, the words from the
docstring of each room: the drawing shows what is checked and nothing else.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = None

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms -->\n```text\n", "```\n<!-- end of rooms -->"


def contracts() -> list[dict[str, Any]]:
    """Return the contracts of import-linter."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    return found


def _layers(container: str | None) -> list[list[str]]:
    """The layers inside a container, top to bottom; those of the packages when it is `None`."""
    for contract in contracts():
        if contract["type"] == "layers" and contract.get("containers", [None]) == [container]:
            return [re.split(r"\s*[|:]\s*", layer) for layer in contract["layers"]]
    return []


def _summary(module: str) -> str:
    """The first line of the docstring of a module or package."""
    package, *rest = module.split(".")
    base = ROOT / "packages" / package.replace("_", "-") / "src" / package / Path(*rest)
    file = base.with_suffix(".py")
    file = file if file.is_file() else base / "__init__.py"
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.split("\n", 1)[0]


def _draw(container: str, indent: str) -> Iterator[str]:
    layers = _layers(container)
    for layer in layers:
        for room in layer:
            # Rooms of one layer stand beside each other: a line joins them.
            if len(layer) == 1:
                edge = "─"
            else:
                edge = "╭" if room == layer[0] else "╰" if room == layer[-1] else "│"
            name = f"{indent}{edge} {room}"
            yield f"{name:24} {_summary(f'{container}.{room}')}".rstrip()
            yield from _draw(f"{container}.{room}", indent + "  ")


def drawing() -> str:
    """Return the drawing: packages from top to bottom, and in each its rooms from top to bottom."""
    lines: list[str] = []
    for layer in _layers(None):
        for package in layer:
            beside = [other for other in layer if other != package]
            note = f" (beside {', '.join(beside)})" if beside else ""
            lines += [f"{package}{note}: {_summary(package)}", *_draw(package, ""), ""]
    return "\n".join(lines[:-1]) + "\n"


def main() -> None:
    """Put the drawing into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + drawing() + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
