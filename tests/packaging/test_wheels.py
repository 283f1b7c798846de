"""Wheels: built, and each installed alone from the built files, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
PACKAGES = {folder.parent.name: folder.parent for folder in ROOT.glob("packages/*/pyproject.toml")}
# Downloads are shared with other runs; each test has a cache folder of its own otherwise.
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
UV_CACHE = os.environ.get("UV_CACHE_DIR") or str(_CACHE / "uv")

# What may be installed along with each package, apart from what those bring themselves.
LAYERS = {
    "xpm-os": set[str](),
    "xpm-config": set[str](),
    "xpm-serialize": {"xpm-os", "xpm-config"},
    "xpm-launchers": {"xpm-os"},
    "xpm-scheduler": {"xpm-os", "xpm-config", "xpm-serialize", "xpm-launchers"},
    "xpm-hf": {"xpm-os", "xpm-config", "xpm-serialize"},
    "experimaestro": set(PACKAGES) - {"experimaestro"},
}


def _call(*command: str | Path, cwd: Path | None = None) -> str:
    """Runs a command and returns its output; it must succeed."""
    words = [str(word) for word in command]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {**os.environ, "UV_CACHE_DIR": UV_CACHE, "PATH": path}
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        environ.pop(name, None)
    end = subprocess.run(
        words, cwd=cwd, env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert end.returncode == 0, f"{' '.join(words)}\n{end.stdout}\n{end.stderr}"
    return end.stdout


def _build(source: Path, kind: str, into: Path) -> Path:
    """Builds a `wheel` or `sdist` of a project; returns the file."""
    into.mkdir(exist_ok=True)
    before = set(into.iterdir())
    _call(sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", into, cwd=source)
    (file,) = set(into.iterdir()) - before
    return file


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of each package, all in one folder."""
    folder = tmp_path_factory.mktemp("wheels")
    return {name: _build(source, "wheel", folder) for name, source in PACKAGES.items()}


def _install(folder: Path, name: str, wheels: dict[str, Path]) -> Path:
    """Makes an environment with one of our packages; returns its `bin` folder."""
    _call("uv", "venv", "-q", "--python", sys.executable, folder)
    # never another release of a sibling, that an index may have
    pins = folder / "pins.txt"
    pins.write_text("".join(f"{sibling}=={VERSION}\n" for sibling in wheels), encoding="utf-8")
    options: list[str | Path] = ["--constraints", pins, "--find-links", wheels[name].parent]
    python = folder / "bin" / "python"
    _call("uv", "pip", "install", "-q", "--python", python, *options, wheels[name])
    return folder / "bin"


def _installed(bin_: Path) -> set[str]:
    listed = _call("uv", "pip", "freeze", "-q", "--python", bin_ / "python").splitlines()
    return {line.split("==")[0].split(" @ ")[0] for line in listed}


@pytest.mark.requires_uv
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_each_wheel_installs_alone(name: str, wheels: dict[str, Path], tmp_path: Path) -> None:
    bin_ = _install(tmp_path / "env", name, wheels)
    installed = _installed(bin_)
    assert installed & set(PACKAGES) == LAYERS[name] | {name}
    if name == "xpm-config":
        assert installed == {"attrs", "docstring-parser", "xpm-config"}
    module = name.replace("-", "_")
    code = (
        f"import {module}, importlib.metadata as m; print(m.version({name!r}), {module}.__file__)"
    )
    version, file = _call(bin_ / "python", "-I", "-c", code, cwd=tmp_path).split()
    assert version == VERSION
    assert Path(file).is_relative_to(tmp_path)
    names = f"import {module} as m; [getattr(m, name) for name in getattr(m, '__all__', ())]"
    _call(bin_ / "python", "-I", "-W", "error", "-c", names, cwd=tmp_path)
    if name == "experimaestro":
        assert "version" in _call(bin_ / "experimaestro", "--help", cwd=tmp_path)
        assert f"experimaestro {VERSION}" in _call(bin_ / "experimaestro", "version", cwd=tmp_path)


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_a_wheel_holds_its_package_alone(name: str, wheels: dict[str, Path]) -> None:
    module = name.replace("-", "_")
    with zipfile.ZipFile(wheels[name]) as wheel:
        files = set(wheel.namelist())
    info = f"{module}-{VERSION}.dist-info/"
    assert {file for file in files if not file.startswith((f"{module}/", info))} == set()
    assert {f"{module}/py.typed", f"{module}/__init__.py", f"{info}licenses/LICENSE"} <= files
    source = PACKAGES[name] / "src"
    expected = {file.relative_to(source).as_posix() for file in source.rglob("*.py")}
    assert expected == {file for file in files if file.endswith(".py")}


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_a_source_distribution_builds_the_same_wheel(
    name: str, wheels: dict[str, Path], tmp_path: Path
) -> None:
    """Away from the repository, thus without its VERSION file."""
    archive = _build(PACKAGES[name], "sdist", tmp_path / "sdist")
    _call("tar", "-xzf", archive, "-C", tmp_path)
    wheel = _build(tmp_path / archive.name.removesuffix(".tar.gz"), "wheel", tmp_path / "wheel")
    assert wheel.name == wheels[name].name
    with zipfile.ZipFile(wheel) as rebuilt, zipfile.ZipFile(wheels[name]) as built:
        assert rebuilt.namelist() == built.namelist()
