"""What type checkers make of configurations, without a plug-in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TYPED = Path(__file__).parent / "data" / "typed"


def wrong_lines() -> set[int]:
    lines = (TYPED / "wrong.py").read_text().splitlines()
    return {number for number, text in enumerate(lines, 1) if "  # wrong" in text}


def mypy(name: str, cache: Path) -> tuple[set[int], str]:
    """The lines with errors, and the whole output."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--output=json"]
    done = subprocess.run(
        [*command, f"--cache-dir={cache}", str(TYPED / name)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {item["line"] for item in found if item["severity"] == "error"}, done.stdout


def pyright(name: str) -> tuple[set[int], str]:
    """The lines with errors, and the whole output."""
    beside = Path(sys.executable).parent / "pyright"
    command = str(beside) if beside.exists() else shutil.which("pyright")
    if command is None:
        pytest.skip("the command pyright is not there")
    done = subprocess.run(
        [command, "--outputjson", "--pythonpath", sys.executable, str(TYPED / name)],
        capture_output=True,
        encoding="utf-8",
        check=False,
        # The package from PyPI fetches its program once: beside itself, not into a test's home.
        env={**os.environ, "PYRIGHT_PYTHON_CACHE_DIR": str(Path(sys.prefix) / "pyright-cache")},
    )
    try:
        found = json.loads(done.stdout)["generalDiagnostics"]
    except ValueError:
        pytest.skip(f"pyright does not run here: {done.stdout}{done.stderr}")
    errors = [item for item in found if item["severity"] == "error"]
    return {item["range"]["start"]["line"] + 1 for item in errors}, done.stdout


@pytest.mark.timeout(300)  # the first run of a type checker reads all of typeshed
def test_mypy(tmp_path: Path) -> None:
    lines, output = mypy("right.py", tmp_path)
    assert lines == set(), output
    lines, output = mypy("wrong.py", tmp_path)
    assert lines == wrong_lines(), output


@pytest.mark.timeout(300)
def test_pyright() -> None:
    lines, output = pyright("right.py")
    assert lines == set(), output
    lines, output = pyright("wrong.py")
    assert lines == wrong_lines(), output
