"""The commands, as programs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from xpm_launchers import LauncherFileError, LocalProcess
from xpm_launchers.finder import LauncherRegistry, local_host
from xpm_launchers.testing import wait_until

CPUS = local_host(devices=False).cpu.cores
SMI = """#!/bin/sh
printf '0, GPU-aa, 24576, Fake "A"\\n1, GPU-bb, 49152, Fake B\\n'
"""


def xpm(*words: str, folder: Path, text: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a command, with a home of its own and a fake `nvidia-smi`."""
    home = folder / "home"
    (home / "bin").mkdir(parents=True, exist_ok=True)
    smi = home / "bin" / "nvidia-smi"
    if not smi.exists():
        smi.write_text(SMI)
        smi.chmod(0o755)
    environ = {name: value for name, value in os.environ.items() if name[:5] != "CUDA_"}
    return subprocess.run(
        [sys.executable, "-m", "xpm_launchers", *words],
        capture_output=True,
        text=True,
        input=text,
        timeout=50,
        check=False,
        cwd=folder,
        env={**environ, "HOME": str(home), "PATH": f"{smi.parent}:{os.environ['PATH']}"},
    )


def test_find_launchers_says_why_alternatives_are_refused(tmp_path: Path) -> None:
    text = "cuda(mem=40GiB) * 2 | cpu(cores=100000) | cuda(mem=40GiB)"
    found = xpm("find-launchers", text, folder=tmp_path)
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0].endswith(f"there is no {tmp_path}/home/.config/experimaestro/launchers.py):")
    assert lines[1:-1] == [
        "  cuda(mem=40GiB) * 2: refused",
        "    accelerators: 2 cuda with 40 GiB required, 1 suitable (available: "
        'cuda with 24 GiB (Fake "A"), cuda with 48 GiB (Fake B)): 1 missing',
        "  cpu(cores=100000): refused",
        f"    cores: 100000 required, {CPUS} available: {100000 - CPUS} missing",
        "  cuda(mem=40GiB): satisfied",
    ]
    assert lines[-1].startswith("launcher: DirectLauncher of ")


def test_find_launchers_without_one(tmp_path: Path) -> None:
    found = xpm("find-launchers", "cpu(mem=1000000TiB)", "cuda() * 3", folder=tmp_path)
    assert found.returncode == 1
    assert found.stdout.endswith("no launcher\n")
    wrong = xpm("find-launchers", "cuda(mem=40)", folder=tmp_path)
    assert wrong.returncode == 1
    assert "column 10: memory size without unit" in wrong.stderr
    assert wrong.stderr.endswith("\n  cuda(mem=40)\n           ^\n")


def test_what_is_generated_answers_as_the_machine_does(tmp_path: Path) -> None:
    config = tmp_path / "config"
    written = xpm("direct", "generate", "--config", str(config), folder=tmp_path)
    assert written.stdout == f"wrote {config}/launchers.py\n", written.stderr
    found = xpm(
        "find-launchers", "--config", str(config), "cuda() * 3 | cuda(mem=40GiB)", folder=tmp_path
    )
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[0] == (
        f"  the function find_launcher of {config}/launchers.py returned a DirectLauncher"
    )
    assert lines[1].startswith(f"  matched against {CPUS} cores, ")
    assert lines[2] == "  cuda() * 3: refused"
    assert lines[-2] == "  cuda(mem=40GiB): satisfied"


def test_generating_replaces_nothing_without_being_told_to(tmp_path: Path) -> None:
    file = tmp_path / "home" / ".config" / "experimaestro" / "launchers.py"
    file.parent.mkdir(parents=True)
    file.write_text("mine = 1\n")
    refused = xpm("direct", "generate", folder=tmp_path)
    assert refused.returncode == 1
    assert "is there already" in refused.stderr
    shown = xpm("direct", "generate", "--stdout", folder=tmp_path)
    assert "def find_launcher(requirements, tags" in shown.stdout
    assert file.read_text() == "mine = 1\n"
    forced = xpm("direct", "generate", "--force", folder=tmp_path)
    assert forced.returncode == 0, forced.stderr
    assert file.read_text() == shown.stdout
    assert file.with_name("launchers.py.bak").read_text() == "mine = 1\n"


def test_commands_of_a_file_are_run(tmp_path: Path) -> None:
    ran = xpm(
        "run", "--output", "out", "--at-once", "1", folder=tmp_path,
        text="echo one\n\nexit 3\necho 'three' \"$((1 + 2))\"\n",
    )  # fmt: skip
    assert ran.returncode == 1
    shown = sorted(line.partition("[")[2] for line in ran.stdout.splitlines())
    assert shown == ["1/3] echo one", "2/3] exit 3", "3/3] echo 'three' \"$((1 + 2))\""]
    assert "failed: exit status 3  [2/3]" in ran.stdout
    assert (tmp_path / "out" / "3.out").read_text() == "three 3\n"
    wrong = xpm("run", "--requirement", "cpu(", folder=tmp_path, text="true")
    assert "column 5" in wrong.stderr


def test_what_is_held_is_shown(tmp_path: Path) -> None:
    show = f"{sys.executable} -m xpm_launchers held"
    requirement = "cpu(mem=1MiB) & duration=1h & cuda(mem=40GiB)"
    ran = xpm("run", "--output", "out", "--requirement", requirement, folder=tmp_path, text=show)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    job, last = (tmp_path / "out" / "1.out").read_text().splitlines()
    assert "1 core, 1 MiB, devices 1, 3600 s left" in job.replace("3599", "3600")
    assert job.endswith(f"  {tmp_path}: " + f"sh -c {show}"[:100])
    assert last == f"1 jobs, {CPUS - 1} of {CPUS} cores free"


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("x = 1\n1 +\n", ", line 2", "SyntaxError"),
        ("\n\nx = y\n", ", line 3", "NameError"),
        ("def find_launcher(r, t):\n    return r.cpus\n", ", line 2", "AttributeError"),
    ],
)
def test_errors_in_the_file_name_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, place: str, expected: str
) -> None:
    file = tmp_path / "launchers.py"
    file.write_text(text)
    with pytest.raises(LauncherFileError) as caught:
        LauncherRegistry(tmp_path).find("cpu()")
    assert str(caught.value).startswith(f"{file}{place}: ")
    assert expected in str(caught.value)


def test_help_teaches_the_language(tmp_path: Path) -> None:
    shown = xpm("find-launchers", "--help", folder=tmp_path).stdout
    assert "cuda(mem=8GiB) * 2" in shown
    assert "launchers.py" in shown
    for name in ("direct", "find-launchers", "held", "run"):
        assert name in xpm("--help", folder=tmp_path).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_the_program_ends_what_it_runs(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "commands").write_text("echo $$ > pid; exec sleep 60\nsleep 60\nsleep 60\n")
    words = [sys.executable, "-m", "xpm_launchers", "run", "commands"]
    with subprocess.Popen(words, cwd=tmp_path) as running:
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        job = LocalProcess(int((tmp_path / "pid").read_text())).pinned()
        running.send_signal(number)
        assert running.wait(20) != 0
    assert job.wait(20)


def test_launchers_of_other_packages_offer_commands(tmp_path: Path) -> None:
    """By an entry point, and as launchers of release 2 do, by a method."""
    (tmp_path / "home" / "bin").mkdir(parents=True)
    (tmp_path / "others.py").write_text(
        "import click\n"
        "from xpm_launchers import DirectLauncher, Launcher\n"
        "class Older(DirectLauncher):\n"
        "    @staticmethod\n"
        "    def get_cli():\n"
        "        return click.Group('older', {'say': click.Command('say')}, help='Of a method.')\n"
        "class Silent(DirectLauncher):\n"
        "    get_cli = Launcher.get_cli\n"
        "newer = click.Group('newer', {'say': click.Command('say')}, help='Of an entry point.')\n"
    )
    information = tmp_path / "others-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1\n")
    (information / "entry_points.txt").write_text(
        "[experimaestro.launchers]\nolder = others:Older\nsilent = others:Silent\n"
        "[experimaestro.launchers.cli]\nnewer = others:newer\n"
    )
    shown = xpm("--help", folder=tmp_path).stdout
    assert "Of a method." in shown
    assert "Of an entry point." in shown
    assert "silent" not in shown
    assert xpm("older", "say", folder=tmp_path).returncode == 0
    assert xpm("newer", "say", folder=tmp_path).returncode == 0
    assert "No such command 'silent'" in xpm("silent", folder=tmp_path).stderr
