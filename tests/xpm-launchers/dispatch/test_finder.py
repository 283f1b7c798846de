"""From requirements to launchers, and what local jobs get of what they require."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xpm_launchers import (
    CapacityError,
    Command,
    DirectLauncher,
    DynamicLauncher,
    HandleError,
    LauncherFileError,
    LauncherNotFoundError,
    RequirementError,
)
from xpm_launchers._requirements.detect import local_devices
from xpm_launchers.finder import (
    LauncherRegistry,
    MPSSpecification,
    cpu,
    find_launcher,
    gpu,
    local_host,
    parse,
)
from xpm_launchers.testing import Recorder

CPUS = local_host(devices=False).cpu.cores
JOBS = str(Path(__file__).parents[1] / "modules")
MakeCommand = Callable[..., Command]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder."""
    monkeypatch.setattr(LauncherRegistry, "INSTANCES", {})
    monkeypatch.setattr(LauncherRegistry, "CURRENT_CONFIG_DIR", None)
    folder = tmp_path / "config"
    folder.mkdir()
    LauncherRegistry.set_config_dir(folder)
    return folder


@pytest.fixture
def closing() -> Iterator[list[DirectLauncher]]:
    """Launchers that are closed at the end."""
    launchers: list[DirectLauncher] = []
    yield launchers
    for launcher in launchers:
        launcher.close()


def test_without_a_file_it_is_this_machine(
    config: Path, closing: list[DirectLauncher], recorder: Recorder, call: MakeCommand
) -> None:
    launcher = find_launcher("cpu(cores=100000) | duration=1h & cpu(mem=1MiB)")
    assert isinstance(launcher, DirectLauncher)
    closing.append(launcher)
    assert find_launcher("cpu(cores=100000)", "duration=1h & cpu(mem=1MiB)") is launcher
    recorder.run(launcher, "job", call("succeed"))
    assert recorder.end("job").code == 0


def test_not_found(config: Path) -> None:
    assert LauncherRegistry.instance().find("cpu(cores=100000)") is None
    with pytest.raises(LauncherNotFoundError) as caught:
        find_launcher("cpu(cores=100000)")
    assert str(caught.value) == (
        "no launcher satisfies cpu(cores=100000)\n"
        f"  this machine ({local_host()}; there is no {config}/launchers.py):\n"
        "  cpu(cores=100000): refused\n"
        f"    cores: 100000 required, {CPUS} available: {100000 - CPUS} missing"
    )


def test_file(config: Path) -> None:
    (config / "launchers.py").write_text(
        "from xpm_launchers import DirectLauncher\n"
        "small = DirectLauncher(priority=1)\n"
        "def find_launcher(requirements, tags):\n"
        "    assert isinstance(tags, set)\n"
        "    if 'none' not in tags and requirements.requirements[0].cpu.cores < 10:\n"
        "        return small\n"
    )
    assert find_launcher("cpu(cores=2)").priority == 1
    assert find_launcher(cpu(cores=3), tags={"small"}).priority == 1
    with pytest.raises(LauncherNotFoundError, match=r"find_launcher of .* returned none"):
        find_launcher("cpu(cores=2)", tags=["none"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 +", "SyntaxError"),
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("x = 1", "expected a function find_launcher"),
        ("def find_launcher(r, t): return 3", "expected find_launcher to return a launcher"),
        ("def find_launcher(r, t): return r.cpus", "find_launcher failed: AttributeError"),
    ],
)
def test_file_that_is_wrong(config: Path, text: str, expected: str) -> None:
    (config / "launchers.py").write_text(text)
    with pytest.raises(LauncherFileError, match=expected) as caught:
        find_launcher("cpu(cores=1)")
    assert str(config / "launchers.py") in str(caught.value)


def test_wide_requests_are_not_starved(
    launcher: DirectLauncher, recorder: Recorder, call: MakeCommand, tmp_path: Path
) -> None:
    """A job that wants all cores waits for what runs, and holds up what comes after it."""
    recorder.run(launcher, "first", call("hold", tmp_path, "first", name="first"))
    recorder.process("first")
    all_cores = parse(f"cpu(cores={CPUS})")
    recorder.run(launcher, "wide", call("hold", tmp_path, "wide", name="wide"), all_cores)
    recorder.run(launcher, "refused", call("succeed"), f"cpu(cores={CPUS + 1})")
    error = recorder.error("refused")
    assert isinstance(error, CapacityError)
    assert f"cores: {CPUS + 1} required, {CPUS} available" in str(error)
    recorder.run(launcher, "last", call("succeed", name="last"))
    (tmp_path / "first.go").touch()
    recorder.process("wide")
    (tmp_path / "wide.go").touch()
    recorder.end("last")
    if CPUS > 1:
        assert recorder.keys("granted") == ["first", "wide", "last"]


def test_a_launcher_is_not_made_for_a_text_that_is_wrong() -> None:
    with pytest.raises(RequirementError, match="column 5"):
        DirectLauncher(requirement="cpu(")
    with pytest.raises(ValueError, match="expected at least one requirement"):
        find_launcher()


def test_wrong_text(launcher: DirectLauncher, recorder: Recorder) -> None:
    launcher.request("job", recorder, "cpu(cores=)")
    assert "column 11: expected a number" in str(recorder.error("job"))


FAKE = """#!/bin/sh
printf '0, GPU-aa, 24576, Fake A\\n1, GPU-bb, 49152, Fake B\\n2, GPU-cc, 49152, Fake B\\n'
"""
DRIVER = """
import json, os, sys
from pathlib import Path
from xpm_launchers import DirectLauncher, PythonCall, command
from xpm_launchers.testing import Recorder
sys.path.insert(0, {jobs!r})
folder = sys.argv[1]
recorder, launcher = Recorder(), DirectLauncher(requirement="cuda(mem=40GiB)")
for key in ("a", "b", "c"):
    call = PythonCall("launcher_jobs:device", (folder, key))
    recorder.run(launcher, key, command(call))
recorder.run(launcher, "none", command(["sh", "-c", "exit 0"]), "cuda(mem=40GiB) * 3")
print(json.dumps([recorder.end(key).code for key in "abc"]), str(recorder.error("none")))
"""


@pytest.mark.skipif(CPUS < 2, reason="needs two CPUs")
@pytest.mark.parametrize("visible", [None, "GPU-bb", "0,2"])
def test_devices(tmp_path: Path, visible: str | None) -> None:
    """Each job has devices of its own, among those that are large enough and visible."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text(FAKE)
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    if visible is not None:
        environ["CUDA_VISIBLE_DEVICES"] = visible
    ran = subprocess.run(
        [sys.executable, "-c", DRIVER.format(jobs=JOBS), str(tmp_path)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    codes, _, error = ran.stdout.partition("] ")
    assert json.loads(codes + "]") == [0, 0, 0], ran.stderr
    there = {None: 2, "GPU-bb": 1, "0,2": 1}[visible]
    assert f"3 cuda with 40 GiB required, {there} suitable" in error
    given = [json.loads((tmp_path / f"{key}.device").read_text()) for key in "abc"]
    allowed = {None: {"1", "2"}, "GPU-bb": {"1"}, "0,2": {"2"}}[visible]
    assert {each["device"] for each in given} <= allowed
    for device in allowed:
        times = sorted(each["interval"] for each in given if each["device"] == device)
        for first, second in zip(times, times[1:], strict=False):  # noqa: RUF007
            assert first[1] <= second[0]


def test_dynamic(recorder: Recorder, call: MakeCommand, tmp_path: Path) -> None:
    low, high, other = (DirectLauncher(priority=priority) for priority in (1, 3, 3))
    dynamic = DynamicLauncher([low, high, other])
    assert dynamic.priority == 3
    assert {dynamic.choose() for _ in range(100)} == {high, other}
    sampled = DynamicLauncher([low, high], sample=True)
    chosen = [sampled.choose() for _ in range(1000)]
    assert 150 < chosen.count(low) < 350
    recorder.run(dynamic, "job", call("hold", tmp_path, "job"))
    handle = recorder.process("job").handle()
    assert dynamic.adopt(handle, "same", recorder) is not None
    (tmp_path / "job.go").touch()
    assert recorder.end("job").code == 7
    assert recorder.end("same").code == 7
    with pytest.raises(HandleError):
        dynamic.adopt({"type": "local"}, "job", recorder)
    with pytest.raises(ValueError, match="at least one launcher"):
        DynamicLauncher([])
    dynamic.close()


def test_dynamic_update() -> None:
    class Changing(DynamicLauncher):
        def update(self) -> None:
            self.launchers[0].priority += 2

    launchers = [DirectLauncher(priority=0), DirectLauncher(priority=1)]
    changing = Changing(launchers)
    assert changing.choose() is launchers[0]


def test_an_apple_gpu_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "sysctl"
    program.write_text("#!/bin/sh\n[ $2 = machdep.cpu.brand_string ] && echo 'Apple M2 Pro'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    local_devices.cache_clear()
    with monkeypatch.context() as mac:
        mac.setattr(sys, "platform", "darwin")
        mac.setattr(platform, "machine", lambda: "arm64")
        host = local_host()
    local_devices.cache_clear()
    memory = host.cpu.memory
    assert host.accelerators == [MPSSpecification(memory=memory, model="M2 Pro")]
    half = gpu(mem=memory // 2)
    assert (half & cpu(mem=memory // 2)).match(host)
    assert not (half & cpu(mem=memory // 2 + 2)).match(host)


@pytest.mark.skipif(CPUS < 2, reason="needs two CPUs")
def test_a_job_for_an_apple_gpu(
    monkeypatch: pytest.MonkeyPatch,
    launcher: DirectLauncher,
    recorder: Recorder,
    call: MakeCommand,
    tmp_path: Path,
) -> None:
    """It takes memory of the host's, one job has it at a time, and no variable is set for it."""
    memory = local_host(devices=False).cpu.memory
    found = (("mps", MPSSpecification(memory=memory)),)
    monkeypatch.setattr("xpm_launchers._requirements.detect.local_devices", lambda: found)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    half = memory // 2
    recorder.run(launcher, "gpu", call("hold", tmp_path, "gpu", name="gpu"), gpu(mem=half))
    process = recorder.process("gpu")
    big = call("hold", tmp_path, "big", name="big")
    recorder.run(launcher, "big", big, cpu(mem=memory - half + 1))
    recorder.run(launcher, "plain", call("succeed", name="plain"))
    recorder.end("plain")
    assert not (tmp_path / "big.running").exists()
    environ = Path(f"/proc/{getattr(process, 'pid', 0)}/environ")
    assert not environ.exists() or b"CUDA_VISIBLE_DEVICES=mps" not in environ.read_bytes()
    (tmp_path / "all.go").touch()
    assert recorder.end("big").code == 7
