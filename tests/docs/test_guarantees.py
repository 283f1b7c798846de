"""The tests that the page of guarantees names are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tests_that_are_named_exist() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:[\w/-]+/)?test_\w+\.py)::(test_\w+)`", text)
    assert len(named) > 20
    missing = []
    for file, name in named:
        pattern = file if "/" in file else f"tests/xpm-scheduler/**/{file}"
        texts = [path.read_text(encoding="utf-8") for path in ROOT.glob(pattern)]
        if not any(f"def {name}(" in text for text in texts):
            missing.append(f"{file}::{name}")
    assert not missing
