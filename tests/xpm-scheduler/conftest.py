"""Fixtures of the scheduler's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

MODULES = Path(__file__).parent / "modules"


@pytest.fixture(autouse=True)
def sample_modules(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the sample tasks importable, here and (by the module path) in jobs."""
    monkeypatch.syspath_prepend(str(MODULES))
    return MODULES
