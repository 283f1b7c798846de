"""`run_all`, the short way."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xpm_launchers import (
    DirectLauncher,
    LocalProcess,
    ProcessEnd,
    ProcessExit,
    PythonCall,
    command,
    run_all,
)

JOBS = str(Path(__file__).parents[1] / "modules")


def test_order_and_ends(tmp_path: Path) -> None:
    seen: dict[int, ProcessExit] = {}
    commands = [command(["sh", "-c", f"exit {n}"]) for n in range(6)]
    commands.append(command(["no-such-program-anywhere"]))
    ends = run_all(commands, on_end=seen.__setitem__)
    assert [end.code for end in ends] == [0, 1, 2, 3, 4, 5, None]
    assert "no-such-program-anywhere" in ends[-1].message
    assert [seen[n] for n in range(7)] == ends


def test_an_exit_has_an_older_name() -> None:
    assert ProcessEnd is ProcessExit


def test_nothing() -> None:
    assert run_all([]) == []


def test_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(JOBS)
    calls = [PythonCall("launcher_jobs:interval", (str(tmp_path), str(n))) for n in range(8)]
    launcher = DirectLauncher()
    assert {end.code for end in run_all(map(command, calls), at_once=1, launcher=launcher)} == {0}
    launcher.close()
    times = sorted(json.loads(path.read_text()) for path in tmp_path.glob("*.interval"))
    assert len(times) == 8
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(times))


def test_what_a_command_starts_with(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["sh", "-c", "pwd; echo $WORD; echo error >&2"]
    run_all([command(words, cwd=tmp_path, stdout=out, environ={"WORD": "word"})])
    assert out.read_text() == f"{tmp_path}\nword\nerror\n"
    with pytest.raises(TypeError, match="got 'ls'"):
        command("ls")


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two CPUs")
def test_an_exception_terminates_what_runs(tmp_path: Path) -> None:
    def fail(index: int, end: ProcessExit) -> None:
        raise KeyError(index)

    endless = command(["sh", "-c", "echo $$ > pid; exec sleep 1000"], cwd=tmp_path)
    short = command(["sh", "-c", "while ! test -s pid; do :; done"], cwd=tmp_path)
    launcher = DirectLauncher()
    with pytest.raises(KeyError):
        run_all([endless, short], on_end=fail, launcher=launcher)
    assert LocalProcess(int((tmp_path / "pid").read_text())).wait(30)
    launcher.close()


def test_import_is_lazy() -> None:
    code = (
        "import sys, xpm_launchers\n"
        "print([n for n in ('socket', 'attr', 'lark', 'paramiko', 'fasteners', 'subprocess')"
        " if n in sys.modules])\n"
        "xpm_launchers.DirectLauncher, xpm_launchers.Command\n"
        "print([n for n in ('attr', 'lark', 'paramiko', 'fasteners', 'subprocess', 'logging')"
        " if n in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert ran.stdout.split("\n")[:2] == ["[]", "[]"], ran.stderr
