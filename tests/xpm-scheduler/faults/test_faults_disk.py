"""Disks that are full, and folders that cannot be written."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_tools import MODULES, Journal

SIZE = 300_000  # as in disk_plan

_UNSHARE = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]


def _can_mount(folder: Path) -> bool:
    """Whether a small disk can be mounted, for a process and its children alone."""
    command = [*_UNSHARE, "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _stages(tmp_path: Path, how: str) -> str:
    """A shell program that runs the plan in its three stages."""
    plan = f"{sys.executable} {MODULES / 'disk_plan.py'} {tmp_path / 'ws'} {tmp_path / 'journal'}"
    if how == "disk":
        first = f"mount -t tmpfs -o size=2000000 tmpfs {tmp_path / 'ws'}"
        little = f"{plan} little"
    else:
        first = ":"
        # In units of 512 bytes; each stage has a fork server of its own, with the same limit.
        little = f"(ulimit -f 400; {plan} little)"
    lines = [first]
    for stage, command in (("little", little), ("full", f"{plan} full"), ("free", f"{plan} free")):
        lines.append(f"export XPM_RUNTIME_DIR={tmp_path / ('servers-' + stage)}")
        lines.append(f"mkdir -m 700 $XPM_RUNTIME_DIR; echo stage {stage}")
        lines.append(f"{command} 2>&1; echo code $?")
    lines.append(f"find {tmp_path / 'ws'} -name '*.tmp'")
    return "\n".join(lines)


@pytest.mark.parametrize("how", ["disk", "limit"])
def test_a_full_disk(tmp_path: Path, how: str) -> None:
    """With little room, what needs much fails; with none, all; with room again, all is run."""
    (tmp_path / "ws").mkdir()
    shell = ["sh", "-c", _stages(tmp_path, how)]
    if how == "disk":
        if not _can_mount(tmp_path / "ws"):
            # Nothing can be mounted in here: the limit, which works everywhere, says the same.
            how, shell[2] = "limit", _stages(tmp_path, "limit")
        else:
            shell = [*_UNSHARE, *shell]
    done = subprocess.run(shell, capture_output=True, text=True, timeout=50, check=False)
    print(done.stdout, done.stderr)
    _, little, full, free = done.stdout.split("stage ")
    reason = "No space left on device" if how == "disk" else "File too large"

    lines = {line.split()[0]: line for line in little.splitlines()[1:]}
    assert reason in lines[str(SIZE)]
    assert [lines[str(n)].split()[1] for n in range(5)] == ["done"] * 5
    assert lines["code"] == "code 1"

    lines = {line.split()[0]: line for line in full.splitlines()[1:]}
    for number in range(10, 14):
        assert lines[str(number)].split()[1] == "error"
        assert reason in lines[str(number)]
        assert str(tmp_path) in lines[str(number)], "the file is named"
    assert lines["code"] == "code 1"
    assert "Traceback" not in full
    assert "cannot be recorded" in full

    assert " error" not in free
    assert free.splitlines()[-1] == "code 0", "and nothing half-written is left"
    ended = Journal(tmp_path / "journal").count("end")
    assert set(ended) == {SIZE, *range(5), *range(10, 14)}
    assert set(ended.values()) == {1}


#: Root may write everywhere, unless it gives that up.
_AS_OWNER = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"] if os.getuid() == 0 else []
)


def refused(tmp_path: Path, *arguments: str) -> tuple[dict[str, str], str, int]:
    """Run the plan; returns the line of each task, what was printed, and the status."""
    program = [sys.executable, str(MODULES / "refused_plan.py"), str(tmp_path), *arguments]
    command = [*_AS_OWNER, *program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    return lines, done.stderr, done.returncode


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[None]:
    """Let nothing be made in a folder for a while."""
    mode = path.stat().st_mode
    path.chmod(0o555)
    try:
        yield
    finally:
        path.chmod(mode)


@pytest.mark.parametrize("name", ["jobs", "jobs/fault_tasks.work"])
def test_a_folder_of_jobs_is_read_only(tmp_path: Path, name: str) -> None:
    path = tmp_path / "ws" / name
    path.mkdir(parents=True)
    with read_only(path):
        lines, printed, code = refused(tmp_path)
    assert code == 1
    for number in "12":
        assert lines[number].split()[1] == "error"
        assert "Permission denied" in lines[number]
        assert str(path) in lines[number]
    assert "not started because" in printed
    assert lines["4"].split()[1] == ("done" if name != "jobs" else "error")
    lines, _, code = refused(tmp_path)
    assert code == 0
    assert set(Journal(tmp_path / "journal").count("begin").values()) == {1}


def test_the_folder_of_a_job_is_read_only(tmp_path: Path) -> None:
    lines, _, code = refused(tmp_path)
    assert code == 0
    folder = next((tmp_path / "ws" / "jobs" / "fault_tasks.guarded").iterdir())
    (folder / "guarded.done").unlink()
    with read_only(folder):
        lines, _, code = refused(tmp_path)
    assert code == 1
    assert [lines[n].split()[1] for n in "1234"] == ["done", "done", "done", "error"]
    assert str(folder) in lines["4"]
    assert refused(tmp_path)[2] == 0
    counts = Journal(tmp_path / "journal").count("begin")
    assert counts == {1: 1, 2: 1, 3: 1, 4: 2}, "its marker was taken away, and it was run again"


@pytest.mark.parametrize("name", ["ws", "ws/experiments", "ws/experiments/refused", "token"])
def test_what_a_plan_needs_is_read_only(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir(parents=True)
    with read_only(path):
        _, printed, code = refused(tmp_path)
    assert code == 1
    assert f"'{path}/" in printed or f"({path}" in printed
    assert "Permission denied" in printed
    assert refused(tmp_path)[2] == 0


def test_a_dry_run_needs_to_write_nothing(tmp_path: Path) -> None:
    assert refused(tmp_path)[2] == 0
    everything = [tmp_path / "ws", *(p for p in (tmp_path / "ws").rglob("*") if p.is_dir())]
    with contextlib.ExitStack() as stack:
        for path in everything:
            stack.enter_context(read_only(path))
        _, printed, code = refused(tmp_path, "dry")
    assert code == 0
    assert printed.count("[done]") == 3
