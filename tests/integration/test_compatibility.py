"""What users of release 2.x have must go on to work: identifiers, workspaces."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

DATA = Path(__file__).parents[1] / "data"


def load_module(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a file under its own name, for the time of a test."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_identifiers_are_those_of_release_2(monkeypatch: pytest.MonkeyPatch) -> None:
    definitions = load_module(DATA / "identifiers" / "definitions.py", monkeypatch)
    frozen = json.loads((DATA / "identifiers" / "identifiers.json").read_text())
    assert len(frozen) == 63
    assert definitions.identifiers() == frozen


def test_a_workspace_of_release_2_is_replayed_with_nothing_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(DATA / "replay-2.7" / "workspace", workspace, symlinks=True)
    before = {p: p.read_bytes() for p in (workspace / "jobs").rglob("*") if p.is_file()}
    legacy = load_module(DATA / "replay-2.7" / "legacy_tasks.py", monkeypatch)
    assert legacy.main(workspace) == 0
    said = capsys.readouterr()
    assert "4 tasks: 4 done (4 before)" in said.err
    assert said.out.splitlines() == ["NEWS [3, 1] 1", "NEWS [3, 1] 10"]
    after = {p: p.read_bytes() for p in (workspace / "jobs").rglob("*") if p.is_file()}
    assert after == before, "finished jobs are left as they are"
