"""Time limits and memory: what ends a job that takes too much, and what is reported of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xpm_launchers import Command, DirectLauncher, LocalProcess, command, remaining_time, run_all
from xpm_launchers.testing import Recorder

MakeCommand = Callable[..., Command]
MEMORY = Path("/sys/fs/cgroup/memory")


def test_a_job_whose_time_is_over_is_ended(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "job", call("hold", tmp_path, "job"), "duration=1s")
    end = recorder.end("job")
    assert (end.code, end.reason) == (-signal.SIGTERM, "timeout")
    assert end.message == "its time limit of 1 s was reached: ended by SIGTERM"


def test_a_launcher_has_a_time_limit_for_all_its_jobs() -> None:
    launcher = DirectLauncher(requirement="duration=1s")
    ends = run_all(
        [command(["sh", "-c", "trap 'exit 3' TERM; sleep 30 & wait"]), command(["true"])],
        launcher=launcher,
    )
    launcher.close()
    assert [(end.code, end.reason) for end in ends] == [(3, "timeout"), (0, None)]


def test_a_job_that_ends_well_when_asked_to_has_succeeded() -> None:
    launcher = DirectLauncher(requirement="duration=1s")
    (end,) = run_all(
        [command(["sh", "-c", "trap 'exit 0' TERM; sleep 30 & wait"])], launcher=launcher
    )
    launcher.close()
    assert (end.code, end.reason) == (0, None)


def test_a_job_knows_how_much_time_it_has(tmp_path: Path) -> None:
    launcher = DirectLauncher(requirement="duration=90s")
    script = "from xpm_launchers import remaining_time; print(remaining_time())"
    run_all(
        [command([sys.executable, "-c", script], stdout=tmp_path / "limited")], launcher=launcher
    )
    run_all([command([sys.executable, "-c", script], stdout=tmp_path / "free")])
    launcher.close()
    assert 0 < float((tmp_path / "limited").read_text()) <= 90
    assert (tmp_path / "free").read_text() == "None\n"
    assert remaining_time() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_the_limit_holds_when_the_server_is_killed(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "job", call("hold", tmp_path, "job"), "duration=2s")
    process = recorder.process("job")
    assert isinstance(process, LocalProcess)
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
    end = recorder.end("job")
    assert (end.code, end.reason) == (None, "timeout")
    assert not process.is_running()


def test_the_limit_holds_when_the_driver_is_killed(tmp_path: Path, recorder: Recorder) -> None:
    driver = (
        "import sys, signal; from xpm_launchers import DirectLauncher, command\n"
        "from xpm_launchers.testing import Recorder\n"
        "recorder, launcher = Recorder(), DirectLauncher(requirement='duration=1s')\n"
        "recorder.run(launcher, 'job', command(['sleep', '60']))\n"
        "print(recorder.process('job').pid, flush=True); signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", driver], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        process = LocalProcess(int(running.stdout.readline()))
        running.kill()
    assert process.wait(20)


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A control group with little memory."""
    group = MEMORY / f"xpm-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text("80M")
    except OSError:
        pytest.skip("control groups for memory cannot be made here")
    yield group
    group.rmdir()


def test_a_job_that_the_system_kills_for_memory(small_group: Path) -> None:
    code = (
        "import os; from xpm_launchers import command, run_all\n"
        f"open({str(small_group / 'tasks')!r}, 'w').write(str(os.getpid()))\n"
        "eat = command(['python', '-c', \"x = bytearray(1 << 28); x[::4096] = x[1::4096]\"])\n"
        "print(run_all([eat])[0].reason)\n"
        f"open({str(MEMORY / 'tasks')!r}, 'w').write(str(os.getpid()))\n"
    ).replace("'python'", repr(sys.executable))
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50
    )
    assert ran.stdout == "memory\n"
    # The server leaves the group when it ends, some seconds later.
    for pid in (small_group / "tasks").read_text().split():
        (MEMORY / "tasks").write_text(pid)
