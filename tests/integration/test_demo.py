"""The demo, as its reader runs it: everything is run once, and nothing when it is typed again."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "digits" / "src"
JOBS = {
    "digits.tasks.split": 1,
    "digits.tasks.learn": 12,
    "digits.tasks.evaluate": 12,
    "digits.tasks.plot": 1,
}


def run_demo(folder: Path) -> str:
    """Runs the demo in a folder; returns what it printed on its standard output."""
    path = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))
    process = subprocess.run(
        [sys.executable, "-m", "digits"],
        cwd=folder,
        # Other experiments of this machine do not take its CPUs away.
        env={**os.environ, "PYTHONPATH": path, "XPM_RUNTIME_DIR": str(folder / "servers")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def accuracies(output: str) -> list[float]:
    """The accuracies of the table, from top to bottom."""
    return [float(found) for found in re.findall(r" ([0-9.]+)% +\d+/450$", output, re.MULTILINE)]


def markers(folder: Path) -> dict[str, int]:
    """When each of the demo's tasks was done, by path."""
    paths = (folder / "digits-results" / "jobs").glob("*/*/*.done")
    return {str(path): path.stat().st_mtime_ns for path in paths}


def pictures(folder: Path) -> list[Path]:
    found = folder.glob("digits-results/experiments/digits/*/results/accuracy.png")
    # Not those that `current`, a link to the newest run, leads to.
    return [path for path in found if not path.parents[1].is_symlink()]


@pytest.mark.requires_sklearn
@pytest.mark.timeout(300)
def test_runs_once(tmp_path: Path) -> None:
    first = run_demo(tmp_path)

    found = accuracies(first)
    assert len(found) == 12
    assert found == sorted(found, reverse=True)
    assert found[0] > 97
    assert found[-1] > 90
    jobs = tmp_path / "digits-results" / "jobs"
    assert {each.name: len(list(each.iterdir())) for each in jobs.iterdir()} == JOBS
    done = markers(tmp_path)
    assert len(done) == sum(JOBS.values())
    assert [each.read_bytes()[:4] for each in pictures(tmp_path)] == [b"\x89PNG"]

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    second = run_demo(tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert accuracies(second) == found
    assert markers(tmp_path) == done
    assert len(pictures(tmp_path)) == 2
    # Neither scikit-learn nor matplotlib is loaded: each alone takes about that long.
    assert after.ru_utime - before.ru_utime < 1


def test_readme_shows_the_demo() -> None:
    readme = Path(__file__).resolve().parents[2] / "README.md"
    blocks = re.findall(r"^```python\n(.*?)^```$", readme.read_text(), re.MULTILINE | re.DOTALL)
    code = [each.read_text() for each in SOURCE.glob("digits/*.py")]

    assert blocks
    for block in blocks:
        assert any(block in text for text in code), block
