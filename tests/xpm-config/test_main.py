"""`python -m xpm_config`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from xpm_config.__main__ import main

MODULE = '''
from xpm_config import Config, Meta, Param, Path, PathGenerator, field


class Model(Config):
    """A model.

    Attributes:
        size: how large
    """

    size: Param[int]
    rate: Param[float] = field(default=0.1)
    layers: Param[list[int]] = field(default_factory=list)
    out: Meta[Path] = field(default_factory=PathGenerator("out"))
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "shown_models.py").write_text(MODULE)
    (tmp_path / "a.json").write_text('{"$type": "shown_models:Model", "size": 1}')
    (tmp_path / "b.json").write_text('{"$type": "shown_models:Model", "size": 2, "rate": 0.1}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_show(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "shown_models:Model"]) == 0
    assert capsys.readouterr().out == (
        "shown_models.Model  (identifier shown_models.model)\n"
        "\n"
        "  A model.\n"
        "\n"
        "arguments:\n"
        "  size: int  [required]\n"
        "      how large\n"
        "  rate: float = 0.1\n"
        "  layers: list[int] = list()\n"
        "  out: Path (meta) = generated when sealed\n"
    )


def test_compare(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "a.json", "b.json"]) == 1
    assert capsys.readouterr().out == "size: 1 ≠ 2\n"
    assert main(["compare", "a.json", "a.json", "--class", "shown_models:Model"]) == 0
    assert "no difference" in capsys.readouterr().out


def test_errors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "shown_models:Modle"]) == 2
    assert "has no 'Modle'; did you mean 'Model'?" in capsys.readouterr().err
    assert main(["compare", "a.json", "nowhere.json"]) == 2
    assert "nowhere.json" in capsys.readouterr().err


def test_as_a_module(folder: Path) -> None:
    command = [sys.executable, "-m", "xpm_config", "compare", "a.json", "b.json"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (1, "size: 1 ≠ 2\n")
