"""Single processes, scripts and locks of this machine."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from xpm_launchers import (
    DirectLauncher,
    Launcher,
    LaunchError,
    LocalConnector,
    LockTimeoutError,
    ProcessState,
    PythonCall,
    PythonScriptBuilder,
    Redirect,
    process_from_handle,
)


def test_a_process_is_built(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("words\n")
    builder = LocalConnector.instance().processbuilder()
    builder.command = ["sh", "-c", "cat; echo $NAME >&2; pwd >&2; exit 3"]
    builder.stdin = Redirect.file(tmp_path / "in")
    builder.stdout = Redirect.file(tmp_path / "out")
    pieces: list[bytes] = []
    builder.stderr = Redirect.pipe(pieces.append)
    builder.environ["NAME"] = "value"
    builder.workingDirectory = tmp_path
    process = builder.start()
    assert process.wait(20)
    assert (process.code, process.state()) == (3, ProcessState.ERROR)
    assert (tmp_path / "out").read_text() == "words\n"
    assert b"".join(pieces).decode() == f"value\n{tmp_path}\n"


def test_states() -> None:
    builder = LocalConnector.instance().processbuilder()
    builder.command = ["sleep", "60"]
    process = builder.start()
    known = process_from_handle(process.handle())
    assert process.state() is known.state() is ProcessState.RUNNING
    assert not process.wait(0.01)
    process.kill()
    assert process.wait(20)
    assert process.state() is ProcessState.ERROR
    assert known.state() is ProcessState.FINISHED
    assert known.state().finished
    builder.command = ["true"]
    process = builder.start()
    assert process.wait(20)
    assert process.state() is ProcessState.DONE


def test_what_cannot_be_started_is_named(tmp_path: Path) -> None:
    builder = LocalConnector.instance().processbuilder()
    with pytest.raises(LaunchError, match="expected a command line as a list"):
        builder.start()
    builder.command = ["no-such-program"]
    with pytest.raises(LaunchError, match="No such file or directory: no-such-program"):
        builder.start()
    builder.command = ["true"]
    builder.workingDirectory = tmp_path / "nowhere"
    with pytest.raises(LaunchError, match="nowhere"):
        builder.start()
    builder.stdin = Redirect.pipe(print)
    with pytest.raises(LaunchError, match="expected a file as the input"):
        builder.start()


def test_a_script_makes_its_call(tmp_path: Path) -> None:
    (tmp_path / "odd folder").mkdir()
    (tmp_path / "odd folder" / "mine.py").write_text(
        "import sys\ndef add(*words):\n    print(words)\n    return len(words)\n"
    )
    call = PythonCall("mine:add", ("it's", 'a "quote"\n'))
    script = PythonScriptBuilder().write(
        tmp_path / "script.py", call, python_path=[str(tmp_path / "odd folder")]
    )
    ran = subprocess.run([str(script)], capture_output=True, text=True, check=False, timeout=20)
    assert (ran.returncode, ran.stdout) == (2, f"{call.args}\n"), ran.stderr
    assert script.read_text().startswith(f"#!{sys.executable}\n")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["script.py"]


def test_a_lock_excludes_others_and_is_given_back(tmp_path: Path) -> None:
    connector = LocalConnector.instance()
    path = tmp_path / "lock"
    with connector.lock(path) as lock:
        assert lock.held
        with pytest.raises(LockTimeoutError, match=r"lock: not free within 0\.02 s"):
            connector.lock(path, 0.02).acquire()
        with pytest.raises(RuntimeError, match="holds the lock already"):
            lock.acquire()
    with connector.lock(path, 0):
        pass


def test_a_lock_is_awaited_without_keeping_the_loop(tmp_path: Path) -> None:
    connector = LocalConnector.instance()
    path = tmp_path / "lock"
    order: list[str] = []

    async def take(name: str) -> None:
        async with connector.async_lock(path):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    async def both() -> None:
        await asyncio.gather(take("a"), take("b"))

    asyncio.run(both())
    assert order in (["a in", "a out", "b in", "b out"], ["b in", "b out", "a in", "a out"])

    async def late() -> None:
        async with connector.async_lock(path, 0.02):
            raise AssertionError("it was held")

    with connector.lock(path), pytest.raises(LockTimeoutError):
        asyncio.run(late())


def test_what_every_launcher_offers(tmp_path: Path) -> None:
    launcher = Launcher.get(tmp_path)
    assert isinstance(launcher, DirectLauncher)
    launcher.setenv("NAME", "value")
    assert launcher.environ == {"NAME": "value"}
    assert launcher.launcher_info_code() == ""
    assert isinstance(launcher.scriptbuilder(), PythonScriptBuilder)
    builder = launcher.processbuilder()
    builder.command = ["true"]
    assert builder.start().wait(20)
    group = DirectLauncher.get_cli()
    assert "generate" in group.commands
    launcher.close()


def test_an_unknown_launcher_is_an_error_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"^unknown launcher 'dirct'; known here: direct"):
        Launcher.get(tmp_path, "dirct")
