"""`./dev`, the script that sets everything up: what can be tested without setting up anything."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

DEV = Path(__file__).resolve().parents[2] / "dev"


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, loaded as a module, without a configuration of pip or uv around it."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_", "SSL_CERT"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec = spec_from_loader("dev_script", SourceFileLoader("dev_script", str(DEV)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help_teaches_all_commands() -> None:
    end = subprocess.run([sys.executable, DEV, "--help"], capture_output=True, text=True)
    assert end.returncode == 0
    listed = {line.split()[0] for line in end.stdout.splitlines() if line.startswith("  ")}
    assert {"demo", "test", "test-layers", "test-pythons", "docs", "bench"} <= listed


def test_an_unknown_command_is_refused_before_anything_is_made() -> None:
    end = subprocess.run([sys.executable, DEV, "tset"], capture_output=True, text=True)
    assert end.returncode == 2
    assert "unknown command: tset" in end.stderr
    assert "did you mean test?" in end.stderr


def test_pips_settings_are_handed_on_to_uv(dev: ModuleType) -> None:
    variables = dev.uv_variables(
        {
            "index-url": "https://mirror.example/simple",
            "extra-index-url": "https://one.example/simple\nhttps://two.example/simple",
            "find-links": "/wheels /more",
            "trusted-host": "mirror.example",
            "no-index": "true",
            "timeout": "180",
            "proxy": "http://proxy.example:3128",
            "cert": "/etc/own.crt",
        }
    )
    assert variables == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "mirror.example",
        "UV_NO_INDEX": "1",
        "UV_HTTP_TIMEOUT": "180",
        "UV_PYTHON_DOWNLOADS": "never",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "HTTP_PROXY": "http://proxy.example:3128",
        "SSL_CERT_FILE": "/etc/own.crt",
    }


def test_what_is_set_for_uv_wins(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
    variables = dev.uv_variables({"index-url": "https://mirror.example/simple"})
    assert "UV_DEFAULT_INDEX" not in variables


def test_pips_settings_are_read_from_files_then_variables(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = a\ntimeout = 5\n[install]\nfind-links = b\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_INDEX_URL", "c")
    settings = dev.pip_settings()
    assert (settings["index-url"], settings["timeout"]) == ("c", "5")
    assert settings["find-links"] == "b"


def test_an_environment_is_made_again_when_a_declaration_changes(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "packages" / "one").mkdir(parents=True)
    root, one = tmp_path / "pyproject.toml", tmp_path / "packages/one/pyproject.toml"
    (tmp_path / "VERSION").write_text("1.0")
    root.write_text("[tool.hatch.envs.a]\ndependencies = []\n[tool.ruff]\nx = 1\n")
    one.write_text("[project]\n")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    stamps = [dev.projects_stamp()]
    root.write_text("[tool.hatch.envs.a]\ndependencies = []\n[tool.ruff]\nx = 2\n")
    assert dev.projects_stamp() == stamps[0], "the configuration of a tool is not of an environment"
    root.write_text("[tool.hatch.envs.a]\ndependencies = ['b']\n")
    stamps.append(dev.projects_stamp())
    one.write_text("[project]\nname = 'one'\n")
    stamps.append(dev.projects_stamp())
    (tmp_path / "VERSION").write_text("1.1")
    stamps.append(dev.projects_stamp())
    assert len(set(stamps)) == 4


def test_a_python_that_does_not_run_is_not_used(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Such are the shims of a version that is not installed."""
    shim = tmp_path / "python3.12"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "3.12" not in dev.pythons()
