"""A launcher of its own for each test: nothing is shared with other tests or the user's drivers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xpm_launchers import Command, DirectLauncher, PythonCall
from xpm_launchers.testing import Recorder

JOBS = str(Path(__file__).parent / "modules")


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of fork servers for this test alone."""
    folder = tmp_path / "runtime"
    monkeypatch.setenv("XPM_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def launcher() -> Iterator[DirectLauncher]:
    """A local launcher."""
    made = DirectLauncher()
    yield made
    made.close()


@pytest.fixture
def recorder() -> Recorder:
    """An event sink."""
    return Recorder()


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., Command]:
    """Makes the command for a call of a function of `launcher_jobs`."""

    def make(function: str, *args: object, name: str = "job", **environ: str) -> Command:
        return Command(
            PythonCall(f"launcher_jobs:{function}", tuple(map(str, args))),
            cwd=tmp_path,
            stdout=tmp_path / f"{name}.out",
            stderr=tmp_path / f"{name}.err",
            environ={**os.environ, **environ},
            python_path=(JOBS, *filter(None, sys.path)),
        )

    return make
