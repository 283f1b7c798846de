"""Fixtures of the scheduler's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

MODULES = Path(__file__).parent / "modules"

# Last, since other folders have modules of the same names: what the test files import.
sys.path.append(str(MODULES))


@pytest.fixture(autouse=True)
def sample_modules(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the sample tasks importable, here and (by the module path) in jobs."""
    monkeypatch.syspath_prepend(str(MODULES))
    return MODULES
