"""What the tests of xpm-serialize share."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

import xpm_config

DATA = Path(__file__).parent.parent / "data"
sys.path.insert(0, str(Path(__file__).parent / "modules"))


@pytest.fixture
def release27(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders that release 2.7.0 has written, their classes being importable.

    Returns: the folder of the samples.
    """
    from serialized.tasks import Action, LightweightTask, Task

    folder = DATA / "release-2.7"
    module: Any = types.ModuleType("experimaestro")
    for name in xpm_config.__all__:
        setattr(module, name, getattr(xpm_config, name))
    module.Task, module.LightweightTask, module.Action = Task, LightweightTask, Action
    monkeypatch.setitem(sys.modules, "experimaestro", module)
    monkeypatch.syspath_prepend(folder)
    return folder
