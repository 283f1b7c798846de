"""Commands run by `DirectLauncher`: what a process starts with, and how its end is reported."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xpm_launchers import (
    Command,
    DirectLauncher,
    LaunchError,
    LocalProcess,
    ProcessExit,
    process_from_handle,
)
from xpm_launchers.testing import Recorder, wait_until

JOBS = str(Path(__file__).parents[1] / "modules")
MakeCommand = Callable[..., Command]

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture(params=["fork", "spawn"])
def either(request: pytest.FixtureRequest) -> DirectLauncher:
    """A launcher that forks, and one that gives each call an interpreter."""
    return DirectLauncher(spawn=request.param == "spawn")


@pytest.mark.parametrize(
    ("function", "args", "code", "reason"),
    [
        ("succeed", (), 0, None),
        ("status", (0,), 0, None),
        ("status", (3,), 3, "failed"),
        ("status", (256 + 5,), 5, "failed"),
        ("leave", ("no way",), 1, "failed"),
        ("fail", (), 1, "failed"),
        ("die", (int(signal.SIGTERM),), -15, "cancelled"),
        ("die", (int(signal.SIGINT),), -2, "cancelled"),
        ("die", (int(signal.SIGKILL),), -9, "failed"),
        ("nothing_of_that_name", (), 1, "failed"),
    ],
)
def test_end(
    either: DirectLauncher,
    recorder: Recorder,
    call: MakeCommand,
    function: str,
    args: tuple[object, ...],
    code: int,
    reason: str | None,
) -> None:
    recorder.run(either, "job", call(function, *args))
    end = recorder.end("job")
    assert (end.code, end.reason) == (code, reason)
    assert recorder.of("job") == ["granted", "started", "ended"]
    assert bool(end.message) == bool(reason)


def test_streams_are_flushed(
    either: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    (tmp_path / "job.out").write_text(
        "of an earlier run, which was much longer than this one\n" * 9
    )
    recorder.run(either, "job", call("speak"))
    assert recorder.end("job").code == 0
    lines = (tmp_path / "job.out").read_text().splitlines()
    assert lines == ["to stdout", "from a thread", "at exit"]
    assert (tmp_path / "job.err").read_text() == "to stderr\n"


def test_error_is_written(launcher: DirectLauncher, recorder: Recorder, call: MakeCommand) -> None:
    command = call("fail")
    recorder.run(launcher, "job", command)
    recorder.end("job")
    lines = command.stderr.read_text().splitlines()
    assert lines[-1] == "RuntimeError: no luck"
    assert "call.py" not in command.stderr.read_text().replace(lines[1], "")


def test_one_file_for_both_streams(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand
) -> None:
    command = call("speak")
    recorder.run(launcher, "job", command._replace(stderr=command.stdout))
    recorder.end("job")
    assert len(command.stdout.read_text().splitlines()) == 4


def _report(
    launcher: DirectLauncher, recorder: Recorder, command: Command, path: Path
) -> dict[str, Any]:
    recorder.run(launcher, "report", command)
    end = recorder.end("report")
    assert end.code == 0, command.stderr.read_text()
    facts: dict[str, Any] = json.loads(path.read_text())
    return facts


def test_process(
    either: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    command = call("report", path)
    mask = os.umask(0o027)
    try:
        early = {k: v for k, v in os.environ.items() if k.startswith(("PYTHON", "LC_", "LANG"))}
        environ = {"PATH": os.environ["PATH"], "ONLY": "this", "TZ": "Asia/Tokyo", **early}
        facts = _report(either, recorder, command._replace(environ=environ), path)
    finally:
        os.umask(mask)
    if "LC_CTYPE" not in environ:
        facts["environ"].pop("LC_CTYPE", None)  # set by the interpreter itself (PEP 538)
    assert facts["environ"] == environ
    assert facts["zone"][0] == "JST"
    assert facts["cwd"] == str(tmp_path)
    assert facts["path"] == list(command.python_path)
    assert facts["argv"][1:] == [str(path)]
    assert facts["session"]
    assert facts["umask"] == 0o027
    assert facts["stdin"] == ""
    assert facts["executable"] == sys.executable
    assert facts["default_signals"] == ["SIGTERM", "SIGHUP", "SIGCHLD"]


@linux_only
def test_nothing_of_the_server_is_inherited(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "holder", call("hold", tmp_path, "holder", name="holder"))
    recorder.process("holder")
    facts = _report(launcher, recorder, call("report", tmp_path / "facts"), tmp_path / "facts")
    (tmp_path / "all.go").touch()
    # 0, 1, 2 and the one that listing the folder takes
    assert facts["descriptors"] == ["0", "1", "2", "3"]


def test_jobs_have_random_numbers_of_their_own(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    for key in "ab":
        recorder.run(launcher, key, call("report", tmp_path / key, name=key))
    numbers = set()
    for key in "ab":
        recorder.end(key)
        numbers.add(json.loads((tmp_path / key).read_text())["random"])
    assert len(numbers) == 2


def test_a_variable_that_an_interpreter_reads_first(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    """Such a job cannot be a fork: it gets an interpreter that has read it."""
    command = call("status", 0, PYTHONOPTIMIZE="1")
    command = command._replace(
        call=command.call[:0] or (sys.executable, "-c", "import sys; sys.exit(sys.flags.optimize)")
    )
    recorder.run(launcher, "argv", command)
    assert recorder.end("argv").code == 1
    recorder.run(launcher, "call", call("optimize", PYTHONOPTIMIZE="2"))
    assert recorder.end("call").code == 2


def test_command_line(launcher: DirectLauncher, recorder: Recorder, call: MakeCommand) -> None:
    command = call("")._replace(call=("sh", "-c", 'echo "$0 $WORD"; exit 4', "it's"))
    command = command._replace(environ={**command.environ, "WORD": "two words"})
    recorder.run(launcher, "sh", command)
    assert recorder.end("sh").code == 4
    assert command.stdout.read_text() == "it's two words\n"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"call": ("no-such-program-anywhere",)}, "no-such-program-anywhere"),
        ({"call": ("/no/such/program",)}, "/no/such/program"),
        ({"cwd": Path("/no/such/folder")}, "/no/such/folder"),
        ({"stdout": Path("/no/such/folder/out")}, "/no/such/folder/out"),
    ],
)
def test_refused(
    launcher: DirectLauncher,
    recorder: Recorder,
    call: MakeCommand,
    change: dict[str, Any],
    expected: str,
) -> None:
    recorder.run(launcher, "job", call("succeed")._replace(**change))
    error = recorder.error("job")
    assert type(error) is LaunchError
    assert expected in str(error)
    assert not error.retryable
    assert recorder.of("job") == ["granted", "refused"]
    for key in range(2 * (os.cpu_count() or 1)):  # its slot was released
        recorder.run(launcher, key, call("succeed", name=str(key)))
        assert recorder.end(key).code == 0


def test_usage(launcher: DirectLauncher, recorder: Recorder, call: MakeCommand) -> None:
    recorder.run(launcher, "job", call("eat", 64 << 20))
    end = recorder.end("job")
    assert end.max_rss is not None
    assert 64 << 20 < end.max_rss < 256 << 20
    assert end.cpu_time is not None
    assert 0 < end.cpu_time < 10


def test_handle(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "job", call("hold", tmp_path, "job"))
    handle = json.loads(json.dumps(recorder.process("job").handle()))
    process = process_from_handle(handle)
    assert process.is_running()
    assert not process.wait(0)
    assert process_from_handle({"type": "local", "pid": handle["pid"]}).is_running()
    assert not process_from_handle({**handle, "start": "1"}).is_running()
    assert not process_from_handle({**handle, "boot": "an earlier one"}).is_running()
    (tmp_path / "job.go").touch()
    assert process.wait(30)
    assert not process.is_running()
    assert recorder.end("job").code == 7


def test_kill(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "job", call("hold", tmp_path, "job"))
    recorder.process("job").kill()
    assert recorder.end("job")[:3] == ProcessExit(-15, "cancelled", "ended by SIGTERM")[:3]


def test_kill_what_ignores_sigterm(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "job", call("stubborn", tmp_path, "job"))
    process = recorder.process("job")
    wait_until((tmp_path / "job.running").exists)
    process.kill(grace=0.05)
    assert recorder.end("job").code == -9


def test_cancel_running(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    ticket = recorder.run(launcher, "job", call("hold", tmp_path, "job"))
    recorder.process("job")
    ticket.cancel()
    assert recorder.end("job").reason == "cancelled"


def test_cancel_before_start(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand
) -> None:
    slots = 3 * (os.cpu_count() or 1)
    tickets = [launcher.request(n, recorder) for n in range(slots)]
    recorder.wait_for("granted", 0)
    for ticket in tickets:
        ticket.cancel()
    recorder.run(launcher, "job", call("succeed"))
    assert recorder.end("job").code == 0
    with pytest.raises(RuntimeError):
        tickets[0].start(call("succeed"))


def test_closed(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "job", call("hold", tmp_path, "job"))
    process = recorder.process("job")
    launcher.close()
    (tmp_path / "job.go").touch()
    assert process.wait(30)
    assert (tmp_path / "job.over").exists()
    assert recorder.of("job") == ["granted", "started"]


def test_callbacks_that_raise(
    launcher: DirectLauncher, call: MakeCommand, capsys: pytest.CaptureFixture[str]
) -> None:
    class Clumsy(Recorder):
        def started(self, *args: Any) -> None:
            super().started(*args)
            raise KeyError("clumsy")

    recorder = Clumsy()
    recorder.run(launcher, "job", call("succeed"))
    assert recorder.end("job").code == 0
    assert "KeyError: 'clumsy'" in capsys.readouterr().err


def test_preload(recorder: Recorder, call: MakeCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(JOBS)
    launcher = DirectLauncher(preload=["launcher_jobs"])
    recorder.run(launcher, "job", call("preloaded"))
    assert recorder.end("job").code == 0
    launcher.close()


def test_a_server_that_cannot_start(recorder: Recorder) -> None:
    launcher = DirectLauncher(preload=["no_such_module_anywhere"])
    launcher.request("job", recorder)
    assert "No module named 'no_such_module_anywhere'" in str(recorder.error("job"))
    launcher.request("again", recorder)
    assert "no_such_module_anywhere" in str(recorder.error("again"))


def test_new_code_new_server(
    recorder: Recorder, call: MakeCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server whose preloaded code has changed on disk is not used by new drivers."""
    code = tmp_path / "code"
    code.mkdir()
    monkeypatch.syspath_prepend(str(code))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    command = call("of_module", "changing")
    for version in (1, 22):
        (code / "changing.py").write_text(f"VERSION = {version}\n")
        launcher = DirectLauncher(preload=["changing"])
        recorder.run(launcher, version, command)
        assert recorder.end(version).code == version
        launcher.close()


def test_local_process_of_another_host() -> None:
    from xpm_launchers import ForeignHostError, HandleError

    with pytest.raises(ForeignHostError, match="'elsewhere'"):
        process_from_handle({"type": "local", "pid": 1, "host": "elsewhere"})
    with pytest.raises(HandleError, match="process number under 'pid'"):
        LocalProcess.from_handle({"type": "local"})
    with pytest.raises(HandleError, match=r"unknown process type 'nobody'; known here: .*local"):
        process_from_handle({"type": "nobody"})
