"""What is compared: this project and the published peer, each in a virtual environment of its own.

Both are installed as a user would have them (wheels, nothing editable). The peer is a black box.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PEER = "experimaestro==2.7.0"


class Contender(NamedTuple):
    """Something that runs the workload."""

    name: str
    python: Path


def this_project() -> Contender:
    """This working tree, installed anew."""
    packages = sorted(str(each) for each in (ROOT / "packages").iterdir() if each.is_dir())
    folder = _environment("this-project")
    _install(folder, *packages)
    # What has the same version would be left as it is: the working tree may have changed since.
    _install(folder, "--force-reinstall", "--no-deps", *packages)
    return Contender("this project", _python(folder))


def peer() -> Contender:
    """The published peer, installed at the first use."""
    folder = _environment("peer")
    _install(folder, PEER)
    return Contender(PEER, _python(folder))


def _environment(name: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache / "experimaestro-benchmarks" / f"{name}-{version}"
    if not _python(folder).exists():
        folder.mkdir(parents=True, exist_ok=True)
        if uv := shutil.which("uv"):
            command = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
            subprocess.run(command, check=True)
        else:
            venv.create(folder, with_pip=True, clear=True)
    return folder


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _install(folder: Path, *arguments: str) -> None:
    python = str(_python(folder))
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet", "--python", python, *arguments]
    else:
        command = [python, "-m", "pip", "install", "--quiet", *arguments]
    subprocess.run(command, check=True)
