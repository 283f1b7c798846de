"""What every launcher must do, as tests for the author of one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from xpm_launchers._host.handles import process_from_handle
from xpm_launchers._interface.launcher import Launcher
from xpm_launchers._interface.process import Command, Process, PythonCall

from .recorder import Recorder, wait_until


class LauncherConformance:
    """Tests of a launcher, for pytest.

    A subclass has a fixture `launcher` (a fresh `Launcher`, closed at the
    end) and a name that pytest collects::

        class TestMine(LauncherConformance):
            @pytest.fixture
            def launcher(self) -> Iterator[Launcher]:
                launcher = MyLauncher()
                yield launcher
                launcher.close()

    Commands use `sh` and this interpreter, and files under `tmp_path`, which the launcher's
    processes must see.
    """

    #: Seconds that anything may take (a cluster may need minutes)
    limit = 60.0

    def shell(self, folder: Path, script: str, name: str = "job", **environ: str) -> Command:
        """Return a command that runs a shell script in `folder`."""
        return Command(
            ("sh", "-c", script),
            cwd=folder,
            stdout=folder / f"{name}.out",
            stderr=folder / f"{name}.err",
            environ={**os.environ, **environ},
        )

    def test_success(self, launcher: Launcher, tmp_path: Path) -> None:
        """Events come in order, with the key, and the exit is a success."""
        recorder, key = Recorder(), object()
        ticket = recorder.run(launcher, key, self.shell(tmp_path, "exit 0"))
        end = recorder.end(key, self.limit)
        assert ticket.key is key
        assert (end.code, end.reason) == (0, None)
        assert recorder.of(key) == ["granted", "started", "ended"]

    def test_failure(self, launcher: Launcher, tmp_path: Path) -> None:
        """The exit status is reported, with a message."""
        recorder = Recorder()
        recorder.run(launcher, "job", self.shell(tmp_path, "exit 3"))
        end = recorder.end("job", self.limit)
        assert (end.code, end.reason) == (3, "failed")
        assert end.message

    def test_what_a_process_starts_with(self, launcher: Launcher, tmp_path: Path) -> None:
        """Working folder, environment, truncated and separate streams; odd characters survive."""
        folder = tmp_path / "a 'strange' \"folder\" $HOME"
        folder.mkdir()
        (folder / "job.out").write_text("left by an earlier run, and longer than what comes now")
        recorder = Recorder()
        text = "two words, 'quotes' \" and\na new line"
        script = 'pwd; echo "$TEXT"; echo error >&2'
        recorder.run(launcher, "job", self.shell(folder, script, TEXT=text))
        assert recorder.end("job", self.limit).code == 0
        assert (folder / "job.out").read_text() == f"{folder}\n{text}\n"
        assert (folder / "job.err").read_text() == "error\n"

    def test_one_file_for_both_streams(self, launcher: Launcher, tmp_path: Path) -> None:
        """Output and error output may be the same file."""
        recorder = Recorder()
        command = self.shell(tmp_path, "echo out; echo error >&2; echo out again")
        recorder.run(launcher, "job", command._replace(stderr=command.stdout))
        recorder.end("job", self.limit)
        assert command.stdout.read_text() == "out\nerror\nout again\n"

    def test_python_call(self, launcher: Launcher, tmp_path: Path) -> None:
        """A function is called with its arguments, and found on the path that is given."""
        code = "def main(word, other):\n    print(word)\n    return len(other)\n"
        (tmp_path / "conformance_call.py").write_text(code)
        command = self.shell(tmp_path, "")._replace(
            call=PythonCall("conformance_call:main", ("a word", "four")),
            python_path=(str(tmp_path), *filter(None, sys.path)),
        )
        recorder = Recorder()
        recorder.run(launcher, "job", command)
        assert recorder.end("job", self.limit).code == 4
        assert command.stdout.read_text() == "a word\n"

    def test_many(self, launcher: Launcher, tmp_path: Path) -> None:
        """Each of many has its own end."""
        recorder = Recorder()
        for key in range(20):
            recorder.run(launcher, key, self.shell(tmp_path, f"exit {key}", str(key)))
        assert [recorder.end(key, self.limit).code for key in range(20)] == list(range(20))

    def test_what_cannot_be_started(self, launcher: Launcher, tmp_path: Path) -> None:
        """A missing program is refused, or ends with a failure; either way with a reason."""
        recorder = Recorder()
        command = self.shell(tmp_path, "")._replace(call=("no-such-program-anywhere",))
        recorder.run(launcher, "job", command)
        wait_until(lambda: set(recorder.of("job")) & {"refused", "ended"}, self.limit)
        last = recorder.events[-1]
        assert str(last.value) if last.kind == "refused" else last.value.reason == "failed"

    def test_not_granted_not_started(self, launcher: Launcher, tmp_path: Path) -> None:
        """Nothing follows a cancelled request, and its slot is free."""
        recorder = Recorder()
        tickets = [launcher.request(key, recorder) for key in range(2)]
        recorder.wait_for("granted", 0, self.limit)
        for ticket in tickets:
            ticket.cancel()
        recorder.run(launcher, "job", self.shell(tmp_path, "exit 0"))
        assert recorder.end("job", self.limit).code == 0
        assert not set(recorder.keys("started")) & {0, 1}
        assert not set(recorder.keys("ended")) & {0, 1}

    def started(self, launcher: Launcher, folder: Path, recorder: Recorder) -> Process:
        """Start a process that runs until the file `go` is there, as key `job`."""
        script = "touch running; while ! test -e go; do sleep 0.02; done; exit 7"
        recorder.run(launcher, "job", self.shell(folder, script))
        process = recorder.process("job", self.limit)
        wait_until((folder / "running").exists, self.limit)
        return process

    def test_handle(self, launcher: Launcher, tmp_path: Path) -> None:
        """A handle survives JSON, and leads back to the process."""
        recorder = Recorder()
        process = self.started(launcher, tmp_path, recorder)
        again = process_from_handle(json.loads(json.dumps(process.handle())))
        assert process.is_running()
        assert again.is_running()
        assert not again.wait(0)
        (tmp_path / "go").touch()
        assert again.wait(self.limit)
        assert not process.is_running()
        assert recorder.end("job", self.limit).code == 7

    def test_adopt(self, launcher: Launcher, tmp_path: Path) -> None:
        """A process is watched by its handle; one that is gone is not."""
        recorder = Recorder()
        handle = json.loads(json.dumps(self.started(launcher, tmp_path, recorder).handle()))
        adopted = Recorder()
        ticket = launcher.adopt(handle, "adopted", adopted)
        assert ticket is not None
        assert ticket.key == "adopted"
        (tmp_path / "go").touch()
        assert adopted.end("adopted", self.limit).code in (7, None)
        assert adopted.of("adopted") == ["ended"]
        wait_until(lambda: not process_from_handle(handle).is_running(), self.limit)
        assert launcher.adopt(handle, "gone", adopted) is None

    def test_kill(self, launcher: Launcher, tmp_path: Path) -> None:
        """A killed process ends as cancelled, and what it has started is gone with it."""
        recorder = Recorder()
        self.started(launcher, tmp_path, recorder).kill()
        assert recorder.end("job", self.limit).reason == "cancelled"

    def test_cancel_what_runs(self, launcher: Launcher, tmp_path: Path) -> None:
        """Cancelling the ticket of a process terminates it."""
        recorder = Recorder()
        script = "touch running; while :; do sleep 0.02; done"
        ticket = recorder.run(launcher, "job", self.shell(tmp_path, script))
        recorder.process("job", self.limit)
        ticket.cancel()
        assert recorder.end("job", self.limit).reason == "cancelled"

    def test_close(self, launcher: Launcher, tmp_path: Path) -> None:
        """Processes go on when the launcher is closed, and no event follows."""
        recorder = Recorder()
        process = self.started(launcher, tmp_path, recorder)
        launcher.close()
        assert process.is_running()
        (tmp_path / "go").touch()
        assert process.wait(self.limit)
        assert recorder.of("job") == ["granted", "started"]
