"""The documentation is built without a warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.requires_sphinx
@pytest.mark.timeout(120)
def test_the_documentation_builds_without_warnings(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    end = subprocess.run(
        [*command, "-d", tmp_path / "doctrees", DOCS, tmp_path / "html"],
        capture_output=True,
        text=True,
    )
    assert end.returncode == 0, end.stderr
    for page in ("index", "architecture", "config", "launchers", "reference"):
        assert (tmp_path / "html" / f"{page}.html").exists(), page
