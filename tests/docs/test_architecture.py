"""The page of the architecture shows what is there."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / "architecture.md", ROOT / "docs" / "glossary.md", ROOT / "CONTRIBUTING.md"]
SOURCES = sorted((ROOT / "packages").glob("*/src/*"))


def _rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "docs" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib reads the contracts")
def test_the_drawing_shows_the_rooms_of_today() -> None:
    rooms = _rooms()
    page = rooms.PAGE.read_text(encoding="utf-8")
    shown = page.partition(rooms.BEGIN)[2].partition(rooms.END)[0]
    assert shown == rooms.drawing(), "draw it anew: ./dev run python docs/rooms.py"
    for package in SOURCES:
        for room in package.glob("_*/__init__.py"):
            assert f" {room.parent.name} " in shown, f"{room.parent} is in no contract"


def test_the_modules_that_pages_name_are_there() -> None:
    """`_room.module` and `_room` in backticks, with what they hold: `_room.module.name`."""
    missing = []
    for page in PAGES:
        for name in re.findall(r"`(_[a-z]\w*(?:\.\w+)*)`", page.read_text(encoding="utf-8")):
            room, *inside = name.split(".")
            places = [package / room for package in SOURCES]
            if not any(_is_there(place, inside) for place in places):
                missing.append(f"{page.name}: {name}")
    assert not missing


def _is_there(place: Path, inside: list[str]) -> bool:
    for depth, part in enumerate(inside):
        module = place.with_suffix(".py")
        if module.is_file():
            text = module.read_text(encoding="utf-8")
            return re.search(rf"^(class |def |)\b{inside[depth]}\b", text, re.M) is not None
        place = place / part
    return place.is_dir() or place.with_suffix(".py").is_file()
