"""Processes are killed at random moments, and every task still runs once."""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from driver_tools import finish, run_and_kill, seeded, wait_until

MODULES = Path(__file__).parents[1] / "modules"
TASKS = 15  # of the plan


def start(tmp_path: Path, seconds: float, name: str = "chains") -> subprocess.Popen[str]:
    """Start a driver."""
    command = [sys.executable, str(MODULES / "chain_plan.py"), str(tmp_path / "ws")]
    command += [str(tmp_path / "journal"), str(seconds), name]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )


def executions(tmp_path: Path) -> collections.Counter[str]:
    """How often each step has begun."""
    journal = tmp_path / "journal"
    lines = journal.read_text().splitlines() if journal.exists() else []
    return collections.Counter(line.split()[1] for line in lines if line.startswith("begin"))


def assert_once(tmp_path: Path) -> None:
    """Every step of the plan was run, once."""
    counts = executions(tmp_path)
    assert len(counts) == TASKS
    assert set(counts.values()) == {1}, {k: v for k, v in counts.items() if v != 1}
    assert len(list((tmp_path / "ws" / "jobs").glob("*/*/*.done"))) == TASKS


@pytest.mark.parametrize("number", range(4))
def test_a_driver_killed_at_any_moment_repeats_nothing(tmp_path: Path, number: int) -> None:
    generator = seeded(number)
    for _ in range(4):
        run_and_kill(start(tmp_path, seconds=0.02), generator.uniform(0.05, 0.7))
    finish(start(tmp_path, seconds=0.02))
    assert_once(tmp_path)


@pytest.mark.parametrize("drivers", [2, 4])
def test_several_drivers_of_one_plan_share_the_work(tmp_path: Path, drivers: int) -> None:
    running = [start(tmp_path, seconds=0.02, name=f"chains-{n}") for n in range(drivers)]
    for driver in running:
        finish(driver)
    assert_once(tmp_path)


def test_two_runs_of_one_experiment_follow_each_other(tmp_path: Path) -> None:
    first = start(tmp_path, seconds=0.05)
    assert first.stdout is not None
    assert first.stdout.readline() == "submitted\n"
    second = start(tmp_path, seconds=0.05)
    printed = finish(second)
    finish(first)
    assert f"waiting for another run of this experiment to end (process {first.pid} on" in printed
    assert "15 done (15 before)" in printed
    assert_once(tmp_path)


def gate_driver(tmp_path: Path) -> subprocess.Popen[str]:
    """Start a driver whose two tasks wait for a file."""
    program = tmp_path / "gates.py"
    program.write_text(
        "import sys\nfrom pathlib import Path\n"
        f"sys.path.insert(0, {str(MODULES)!r})\n"
        "from sample import Gate\nfrom xpm_scheduler import experiment\n"
        "if __name__ == '__main__':\n"
        "    folder = Path(sys.argv[1])\n"
        "    with experiment(folder / 'ws', 'gates') as xp:\n"
        "        for n in (1, 2):\n"
        "            Gate.C(number=n, folder=folder).submit()\n"
        "    sys.exit(xp.failed)\n"
    )
    command = [sys.executable, str(program), str(tmp_path)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def gates_begun(tmp_path: Path) -> bool:
    """Whether both tasks run."""
    journal = tmp_path / "journal"
    return journal.exists() and journal.read_text().count("begin") == 2


def status_of_gates(tmp_path: Path) -> list[str]:
    """The states of the jobs in the newest run's snapshot."""
    status = tmp_path / "ws" / "experiments" / "gates" / "current" / "status.json"
    try:
        return list(json.loads(status.read_text())["job_states"].values())
    except FileNotFoundError:
        return []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_jobs_outlive_their_driver_and_are_taken_over(
    tmp_path: Path, number: signal.Signals
) -> None:
    driver = gate_driver(tmp_path)
    wait_until(lambda: gates_begun(tmp_path))
    began = time.monotonic()
    driver.send_signal(number)
    _, printed = driver.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert driver.returncode != 0
    if number != signal.SIGKILL:
        assert "2 tasks go on without this process" in printed
    second = gate_driver(tmp_path)
    wait_until(lambda: status_of_gates(tmp_path) == ["running", "running"])
    (tmp_path / "open").touch()
    _, printed = second.communicate(timeout=30)
    assert second.returncode == 0, printed
    assert sorted((tmp_path / "journal").read_text().splitlines()) == [
        "begin 1",
        "begin 2",
        "end 1",
        "end 2",
    ]


def test_jobs_that_end_while_no_driver_runs_count(tmp_path: Path) -> None:
    driver = gate_driver(tmp_path)
    wait_until(lambda: gates_begun(tmp_path))
    driver.kill()
    driver.communicate(timeout=30)
    (tmp_path / "open").touch()
    wait_until(lambda: len(list((tmp_path / "ws" / "jobs").glob("*/*/*.done"))) == 2)
    second = gate_driver(tmp_path)
    _, printed = second.communicate(timeout=30)
    assert second.returncode == 0, printed
    assert "2 done (2 before)" in printed


def test_a_killed_job_taken_over_is_lost_and_run_again_by_the_next(tmp_path: Path) -> None:
    driver = gate_driver(tmp_path)
    wait_until(lambda: gates_begun(tmp_path))
    driver.kill()
    driver.communicate(timeout=30)
    second = gate_driver(tmp_path)
    wait_until(lambda: status_of_gates(tmp_path) == ["running", "running"])
    os.kill(int((tmp_path / "pid-1").read_text()), signal.SIGKILL)
    (tmp_path / "open").touch()
    _, printed = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "1 done, 1 failed" in printed
    third = gate_driver(tmp_path)
    _, printed = third.communicate(timeout=30)
    assert third.returncode == 0, printed
    journal = (tmp_path / "journal").read_text().splitlines()
    assert journal.count("begin 1") == 2, "it was killed, and run again"
    assert journal.count("begin 2") == 1
