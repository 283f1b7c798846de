"""Servers, drivers and jobs killed with SIGKILL: what goes on, is reported, and is counted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xpm_launchers import Command, DirectLauncher, LocalProcess, process_from_handle
from xpm_launchers.testing import Recorder, wait_until

JOBS = str(Path(__file__).parents[1] / "modules")
MakeCommand = Callable[..., Command]

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

StartDriver = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start_driver(tmp_path: Path) -> Iterator[StartDriver]:
    """Starts drivers in processes of their own."""
    drivers: list[subprocess.Popen[str]] = []

    def start(name: str, function: str, count: int, **environ: str) -> subprocess.Popen[str]:
        script = str(Path(JOBS) / "launcher_driver.py")
        driver = subprocess.Popen(
            [sys.executable, script, str(tmp_path), name, function, str(count)],
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            text=True,
        )
        drivers.append(driver)
        return driver

    yield start
    for driver in drivers:
        driver.kill()
        driver.wait()
        if driver.stdout is not None:
            driver.stdout.close()


def server_of(process: object) -> int:
    """The fork server that started a process."""
    assert isinstance(process, LocalProcess)
    with open(f"/proc/{process.pid}/stat") as stream:
        return int(stream.read().rpartition(")")[2].split()[1])


def kill_server(pid: int) -> None:
    """Kill a fork server, and wait until it is gone."""
    server = LocalProcess(pid)
    os.kill(pid, signal.SIGKILL)
    assert server.wait(10)


def running(folder: Path) -> list[str]:
    """The names of the `hold` jobs that run."""
    return sorted(path.stem for path in folder.glob("*.running"))


def overlap(folder: Path) -> int:
    """How many `interval` jobs ran at once, at most."""
    changes: list[tuple[float, int]] = []
    for path in folder.glob("*.interval"):
        begin, end = json.loads(path.read_text())
        changes += [(begin, 1), (end, -1)]
    level = most = 0
    for _, change in sorted(changes):
        level += change
        most = max(most, level)
    return most


def test_server_killed(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    """Jobs go on and count, their ends are reported (but not how), what waited is run."""
    keys = [f"job{n}" for n in range(CPUS + 2)]
    for key in keys:
        recorder.run(launcher, key, call("hold", tmp_path, key, name=key))
    first = keys[:CPUS]
    for key in first:
        recorder.process(key)
    kill_server(server_of(recorder.process(first[0])))
    # A request made now is served by another server, which must first count the jobs of this one.
    recorder.run(launcher, "last", call("hold", tmp_path, "last", name="last"))
    (tmp_path / f"{first[0]}.go").touch()
    end = recorder.end(first[0])
    assert (end.code, end.reason) == (None, "lost")
    assert (tmp_path / f"{first[0]}.over").exists()
    process = recorder.process(keys[CPUS])
    assert process.is_running()
    assert len(recorder.keys("started")) == CPUS + 1
    (tmp_path / "all.go").touch()
    for key in first[1:]:
        assert recorder.end(key).code is None
    for key in [*keys[CPUS:], "last"]:
        assert recorder.end(key).code == 7
    assert all(recorder.of(key) == ["granted", "started", "ended"] for key in [*keys, "last"])


def test_server_killed_between_grant_and_start(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    recorder.run(launcher, "other", call("hold", tmp_path, "other", name="other"))
    server = server_of(recorder.process("other"))
    (tmp_path / "all.go").touch()
    recorder.end("other")
    ticket = launcher.request("job", recorder)
    recorder.wait_for("granted", "job")
    kill_server(server)
    ticket.start(call("status", 3))
    assert recorder.end("job").code == 3
    assert recorder.of("job") == ["granted", "started", "ended"]


@pytest.mark.timeout(120)
def test_servers_killed_at_random(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    """Every job runs once, and never more at once than there are CPUs."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    keys = [f"job{n}" for n in range(150)]
    for key in keys:
        recorder.run(launcher, key, call("count", tmp_path, key, name=key))
    killed = 0
    for key in keys:
        process = recorder.process(key)
        if chance.random() < 0.1:
            assert isinstance(process, LocalProcess)
            try:
                server = server_of(process)
            except OSError:  # this job is over
                continue
            if server != 1:
                os.kill(server, signal.SIGKILL)
                killed += 1
    ends = [recorder.end(key) for key in keys]
    print("killed", killed)
    assert {end.code for end in ends} <= {0, None}
    counts = {key: (tmp_path / f"{key}.count").stat().st_size for key in keys}
    assert set(counts.values()) == {1}, counts
    assert overlap(tmp_path) <= CPUS


def test_driver_killed(
    start_driver: StartDriver, launcher: DirectLauncher, recorder: Recorder, tmp_path: Path
) -> None:
    """Its jobs go on and count, and the next driver gets reports of how they end."""
    driver = start_driver("one", "hold", CPUS + 3)
    wait_until(lambda: len(list(tmp_path.glob("*.handle"))) == CPUS)
    wait_until((tmp_path / "one.requested").exists)
    driver.kill()
    driver.wait()
    handles = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.handle")}
    for key, handle in handles.items():
        assert launcher.adopt(handle, key, recorder) is not None
    launcher.request("waiting", recorder)
    key = next(iter(handles))
    (tmp_path / f"{key}.go").touch()
    assert recorder.end(key).code == 7
    recorder.wait_for("granted", "waiting")
    assert recorder.events[0].kind == "ended"  # not before a slot was free
    wait_until(lambda: running(tmp_path) == sorted(handles))
    (tmp_path / "all.go").touch()
    assert {recorder.end(key).code for key in handles} == {7}
    assert launcher.adopt(handles[key], "again", recorder) is None
    assert running(tmp_path) == sorted(handles)  # what the killed driver had waiting is not run


def test_driver_killed_holding_grants(
    start_driver: StartDriver, launcher: DirectLauncher, recorder: Recorder, call: MakeCommand
) -> None:
    code = (
        "import sys; from xpm_launchers import DirectLauncher\n"
        "from xpm_launchers.testing import Recorder\n"
        f"launcher, recorder = DirectLauncher(), Recorder()\n"
        f"for key in range({CPUS}): launcher.request(key, recorder)\n"
        f"for key in range({CPUS}): recorder.wait_for('granted', key)\n"
        "print('granted', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "granted\n"
        recorder.run(launcher, "job", call("succeed"))
        driver.kill()
        assert recorder.end("job").code == 0


def test_driver_and_server_killed(
    start_driver: StartDriver, launcher: DirectLauncher, recorder: Recorder, tmp_path: Path
) -> None:
    driver = start_driver("one", "hold", 1)
    path = tmp_path / "one-0.handle"
    wait_until(path.exists)
    process = process_from_handle(json.loads(path.read_text()))
    server = server_of(process)
    driver.kill()
    driver.wait()
    kill_server(server)
    assert process.is_running()
    assert launcher.adopt(process.handle(), "job", recorder) is not None
    for key in range(CPUS):
        launcher.request(key, recorder)
    for key in range(CPUS - 1):
        recorder.wait_for("granted", key)
    (tmp_path / "all.go").touch()
    assert (recorder.end("job").code, recorder.end("job").reason) == (None, "lost")
    recorder.wait_for("granted", CPUS - 1)
    ended = next(each.time for each in recorder.events if each.kind == "ended")
    last = next(each.time for each in recorder.events if each.key == CPUS - 1)
    assert last >= ended - 0.5


def test_capacity_over_drivers_and_servers(start_driver: StartDriver, tmp_path: Path) -> None:
    """Four drivers on two servers (a variable that needs another one): never more than CPUs."""
    drivers = [start_driver(f"driver{n}", "count", 40, PYTHONHASHSEED=str(n % 2)) for n in range(4)]
    for driver in drivers:
        output, _ = driver.communicate(timeout=60)
        assert output.count("code=0") == 40
    assert overlap(tmp_path) <= CPUS
    assert len(list(tmp_path.glob("*.interval"))) == 160


@pytest.mark.parametrize("seeds", [("0", "0"), ("0", "1")], ids=["one server", "two servers"])
def test_fair_to_a_late_driver(
    start_driver: StartDriver, tmp_path: Path, seeds: tuple[str, str]
) -> None:
    """A driver with few jobs does not wait for all of one that was there before."""
    many = start_driver("many", "interval", 400, PYTHONHASHSEED=seeds[0])
    wait_until(lambda: len(list(tmp_path.glob("many-*.interval"))) > 3)
    few = start_driver("few", "interval", 10, PYTHONHASHSEED=seeds[1])
    few.communicate(timeout=60)
    done = len(list(tmp_path.glob("many-*.interval")))
    print("done of 400:", done)
    assert done < 300
    many.communicate(timeout=60)


def test_one_server_for_drivers_that_start_together(
    start_driver: StartDriver, tmp_path: Path
) -> None:
    drivers = [start_driver(f"driver{n}", "hold", 1) for n in range(3)]
    wait_until(lambda: len(running(tmp_path)) == min(3, CPUS))
    handles = [json.loads(path.read_text()) for path in tmp_path.glob("*.handle")]
    servers = {server_of(process_from_handle(handle)) for handle in handles}
    assert len(servers) == 1
    (tmp_path / "all.go").touch()
    for driver in drivers:
        driver.communicate(timeout=60)
    server = LocalProcess(servers.pop())
    assert server.is_running()
    assert server.wait(30)  # it ends by itself


def test_ledger_that_is_garbage(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, runtime: Path
) -> None:
    recorder.run(launcher, "one", call("succeed"))
    recorder.end("one")
    (ledger,) = runtime.glob("*/ledger")
    ledger.write_bytes(os.urandom(3000))
    recorder.run(launcher, "two", call("succeed"))
    assert recorder.end("two").code == 0


def test_driver_that_forks(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    """A fork of the driver does not keep its connection, nor its slots, alive."""
    code = (
        "import os, sys; from xpm_launchers import DirectLauncher\n"
        "from xpm_launchers.testing import Recorder\n"
        f"launcher, recorder = DirectLauncher(), Recorder()\n"
        f"for key in range({CPUS}): launcher.request(key, recorder)\n"
        f"for key in range({CPUS}): recorder.wait_for('granted', key)\n"
        "if os.fork(): os._exit(0)\n"
        "print('forked', flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "forked\n"
        recorder.run(launcher, "job", call("succeed"))
        assert recorder.end("job").code == 0


def test_runtime_folder_of_somebody_else(
    recorder: Recorder, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.mkdir(mode=0o777)
    runtime.chmod(0o777)
    launcher = DirectLauncher()
    launcher.request("job", recorder)
    assert f"expected {runtime} to be a folder of user" in str(recorder.error("job"))
