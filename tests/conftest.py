"""What all tests share: every test has a home of its own, and needs are checked in one place."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

# Machines differ and are shared: how long an example takes says nothing about the code.
hypothesis.settings.register_profile("tests", deadline=None, print_blob=True)
hypothesis.settings.load_profile("tests")


# Commands are looked for beside the interpreter too: its environment may not be activated.
_PATH = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])


def _missing_command(name: str) -> Callable[[], str | None]:
    found = shutil.which(name, path=_PATH)
    return lambda: None if found else f"the command {name} is not there"


def _missing_modules(*names: str) -> Callable[[], str | None]:
    def check() -> str | None:
        missing = [name for name in names if importlib.util.find_spec(name) is None]
        return f"not installed: {', '.join(missing)}" if missing else None

    return check


def _missing_variable(name: str) -> Callable[[], str | None]:
    return lambda: None if os.environ.get(name) else f"the variable {name} is not set"


# marker → why a test that has it cannot run here (None: it can)
_NEEDS: dict[str, Callable[[], str | None]] = {
    "requires_slurm": _missing_command("sbatch"),
    "requires_ssh": _missing_variable("XPM_TEST_SSH"),
    "requires_sklearn": _missing_modules("sklearn", "matplotlib"),
    "requires_sphinx": _missing_modules("sphinx", "myst_parser", "furo"),
    "requires_notebook": _missing_modules("nbclient", "ipykernel"),
    "requires_uv": _missing_command("uv"),
    "requires_gpu": _missing_command("nvidia-smi"),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests whose needs are not met, with the reason."""
    reasons = {marker: check() for marker, check in _NEEDS.items()}
    for item in items:
        for marker, reason in reasons.items():
            if reason is not None and item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def isolated(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder of the test's own for the home, settings, caches, sockets and temporary files.

    Its path is short, since a Unix socket's path holds at most 108 bytes; `tmp_path` is not.

    Returns: the folder; it is removed when the test has ended.
    """
    # Before TMPDIR changes: pytest's own folder must outlive the test.
    tmp_path_factory.getbasetemp()
    base = Path(tempfile.mkdtemp(prefix="xpm-", dir="/tmp" if os.path.isdir("/tmp") else None))
    folders = {
        "HOME": "home",
        "XDG_CONFIG_HOME": "home/.config",
        "XDG_CACHE_HOME": "home/.cache",
        "XDG_DATA_HOME": "home/.local/share",
        "XDG_STATE_HOME": "home/.local/state",
        "XDG_RUNTIME_DIR": "run",
        "TMPDIR": "tmp",
    }
    for variable, name in folders.items():
        folder = base / name
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        monkeypatch.setenv(variable, str(folder))
    # tempfile remembers the folder it found first
    monkeypatch.setattr(tempfile, "tempdir", None)
    for variable in [name for name in os.environ if name.startswith("XPM_")]:
        if not variable.startswith("XPM_TEST_"):
            monkeypatch.delenv(variable)
    # Fork servers, and the capacity that they share: not those of the user's other work.
    monkeypatch.setenv("XPM_RUNTIME_DIR", str(base / "run"))
    yield base
    # A server or job of the test may be ending just now and still write there.
    shutil.rmtree(base, ignore_errors=True)
