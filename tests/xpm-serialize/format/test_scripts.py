"""Classes of scripts, and of modules that lie outside any package."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xpm_serialize import ClassNotFoundError, from_state_dict, load, load_task

SCRIPT = """
import sys
from enum import Enum
from pathlib import Path
from xpm_config import Config, Param, field
from xpm_serialize import load, save

class Kind(Enum):
    A = 1

class Thing(Config):
    x: Param[int]
    kind: Param[Kind] = field(default=Kind.A)
    class Part(Config):
        y: Param[int]

with open(Path(__file__).with_suffix(".log"), "a") as log:
    log.write(__name__ + "\\n")

if __name__ == "__main__":
    save([Thing.C(x=i) for i in range(50)] + [Thing.Part.C(y=1)], sys.argv[1])
    assert type(load(sys.argv[1], as_instance=True)[0]) is Thing
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "code" / "a_script.py"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path


@pytest.fixture(autouse=True)
def no_scripts_left() -> Iterator[None]:
    yield
    for name in list(sys.modules):
        if name.startswith(("__mp_main__", "__xpm_script", "a_script")):
            del sys.modules[name]


def run(script: Path, *arguments: str | Path, cwd: Path | None = None) -> None:
    subprocess.run([sys.executable, script, *arguments], check=True, cwd=cwd)


def executions(script: Path) -> list[str]:
    return script.with_suffix(".log").read_text().split()


@pytest.mark.parametrize("as_instance", [False, True])
def test_a_script_is_executed_once_and_not_as_the_main_one(
    script: Path, tmp_path: Path, as_instance: bool
) -> None:
    run(script, tmp_path / "saved")
    # The process itself found its own classes.
    assert executions(script) == ["__main__"]
    loaded = load(tmp_path / "saved", as_instance=as_instance)
    assert [thing.x for thing in loaded[:-1]] == list(range(50))
    assert loaded[0].kind.name == "A"
    assert loaded[-1].y == 1
    assert len(executions(script)) == 2
    assert executions(script)[1] != "__main__"
    again = load(tmp_path / "saved", as_instance=as_instance)
    assert type(again[0]) is type(loaded[0])
    assert len(executions(script)) == 2


def test_a_script_named_relatively(script: Path, tmp_path: Path) -> None:
    run(Path(script.name), tmp_path / "saved", cwd=script.parent)
    assert load(tmp_path / "saved")[1].x == 1


def lone_module(script: Path, **more: Any) -> dict[str, Any]:
    record = {
        "id": 1,
        "module": "a_script",
        "type": "Thing",
        "typename": "a_script.Thing",
        "identifier": "00" * 32,
        "file": str(script),
        "fields": {"x": 3},
        **more,
    }
    return {"objects": [record], "data": {"type": "python", "value": 1}}


def test_a_module_that_cannot_be_imported(script: Path) -> None:
    assert from_state_dict(lone_module(script)).x == 3
    assert from_state_dict(lone_module(script), as_instance=True).x == 3
    assert executions(script) == ["a_script"]


def test_a_module_that_can_be_imported(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(script.parent)
    thing = from_state_dict(lone_module(script))
    import a_script  # type: ignore[import-not-found]

    assert isinstance(thing, a_script.Thing)
    assert executions(script) == ["a_script"]


def test_a_module_of_that_name_which_is_another_one(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other" / "a_script.py"
    other.parent.mkdir()
    other.write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(other.parent)
    assert from_state_dict(lone_module(script)).x == 3


def test_two_scripts(script: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.py"
    second.write_text(SCRIPT.replace("x: Param[int]", "x: Param[int]\n    z = 5"))
    run(script, tmp_path / "a")
    run(second, tmp_path / "b")
    first, other = load(tmp_path / "a")[0], load(tmp_path / "b")[0]
    assert not hasattr(first, "z")
    assert other.z == 5


def test_scripts_are_not_executed_where_that_is_refused(script: Path, tmp_path: Path) -> None:
    run(script, tmp_path / "saved")
    with pytest.raises(ClassNotFoundError, match=r"not known or not allowed"):
        load(tmp_path / "saved", files=False)
    with pytest.raises(ClassNotFoundError, match=r"there is no module 'a_script'"):
        from_state_dict(lone_module(script), files=False)
    assert executions(script) == ["__main__"]


def test_a_script_that_is_gone(script: Path, tmp_path: Path) -> None:
    run(script, tmp_path / "saved")
    script.unlink()
    with pytest.raises(ClassNotFoundError) as error:
        load(tmp_path / "saved")
    assert f"the script {script}, which defines 'Kind', does not exist" in str(error.value)
    assert str(tmp_path / "saved") in str(error.value)


@pytest.mark.parametrize("line", ["raise ValueError('bad')", "import sys; sys.exit(3)", "x ="])
def test_a_script_that_fails(script: Path, tmp_path: Path, line: str) -> None:
    run(script, tmp_path / "saved")
    script.write_text(line)
    with pytest.raises(ClassNotFoundError, match="cannot be loaded"):
        load(tmp_path / "saved")


def test_a_job_of_a_script(script: Path, tmp_path: Path) -> None:
    params = tmp_path / "params.json"
    document = lone_module(script, module="__main__", task=1)
    params.write_text(json.dumps({"version": 3, "objects": document["objects"]}))
    assert load_task(params).task.x == 3


def test_value_objects_of_a_script_can_be_pickled(script: Path, tmp_path: Path) -> None:
    import pickle

    run(script, tmp_path / "saved")
    thing = load(tmp_path / "saved", as_instance=True)[0]
    assert pickle.loads(pickle.dumps(thing)).x == thing.x


def test_a_package_run_as_a_script(tmp_path: Path) -> None:
    package = tmp_path / "code" / "apackage"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "names.py").write_text("NAME = 'from beside'")
    (package / "__main__.py").write_text(
        "import sys\n"
        "from xpm_config import Config, Param\n"
        "from xpm_serialize import save\n"
        "from .names import NAME\n"
        "class Thing(Config):\n"
        "    x: Param[int]\n"
        "    name = NAME\n"
        "if __name__ == '__main__':\n"
        "    save(Thing.C(x=1), sys.argv[1])\n"
    )
    subprocess.run(
        [sys.executable, "-m", "apackage", tmp_path / "saved"], check=True, cwd=package.parent
    )
    program = (
        "import sys; from xpm_serialize import load\n"
        "print(load(sys.argv[1], as_instance=True).name)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "saved"],
        check=True,
        cwd=package.parent,
        capture_output=True,
        text=True,
    )
    assert result.stdout == "from beside\n"
