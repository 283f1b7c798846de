"""Drivers, jobs and fork servers killed at random moments, in plans of 30 tasks of all kinds.

``XPM_TEST_FAULT_ROUNDS`` says how many plans each test runs; the seed of each is printed, and
``XPM_TEST_SEED`` sets it.
"""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import subprocess
from pathlib import Path

import pytest
from driver_tools import finish, run_and_kill, seeded
from fault_tools import Journal, assert_once, kill_job, rounds, server_of, start_driver

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")


@pytest.mark.parametrize("number", range(rounds(3)))
def test_killed_drivers_repeat_and_lose_nothing(tmp_path: Path, number: int) -> None:
    chance = seeded(number)
    killed = sum(run_and_kill(start_driver(tmp_path), chance.uniform(0.05, 0.8)) for _ in range(4))
    print(f"killed {killed}")
    finish(start_driver(tmp_path))
    assert_once(tmp_path)


@pytest.mark.parametrize("drivers", [2, 4])
@pytest.mark.parametrize("number", range(rounds(1)))
def test_drivers_beside_each_other_run_everything_once(
    tmp_path: Path, number: int, drivers: int
) -> None:
    print(f"round {number}")
    running = [start_driver(tmp_path, name=f"faults-{each}") for each in range(drivers)]
    for driver in running:
        finish(driver)
    assert_once(tmp_path)


@pytest.mark.parametrize("number", range(rounds(1)))
def test_drivers_beside_each_other_killed(tmp_path: Path, number: int) -> None:
    chance = seeded(number)
    killed = 0
    for _ in range(3):
        pair = [start_driver(tmp_path, name=f"faults-{each}") for each in range(2)]
        killed += run_and_kill(pair[0], chance.uniform(0.1, 0.6))
        killed += run_and_kill(pair[1], chance.uniform(0.0, 0.3))
    print(f"killed {killed}")
    for driver in [start_driver(tmp_path, name=f"faults-{each}") for each in range(2)]:
        finish(driver)
    assert_once(tmp_path)


@pytest.mark.parametrize("victim", ["jobs", "servers", "both"])
@pytest.mark.parametrize("number", range(rounds(1)))
def test_killed_jobs_and_servers(tmp_path: Path, number: int, victim: str) -> None:
    chance = seeded(number)
    killed: collections.Counter[int] = collections.Counter()
    servers = 0
    for _ in range(5):
        driver = start_driver(tmp_path, seconds=0.06)
        while driver.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                driver.wait(timeout=chance.uniform(0.02, 0.4))
            running = Journal(tmp_path / "journal").running()
            if not running:
                continue
            task = chance.choice(sorted(running))
            server = server_of(running[task]) if victim != "jobs" else None
            if server is not None:
                os.kill(server, signal.SIGKILL)
                servers += 1
            if victim != "servers" and kill_job(tmp_path, running[task]):
                killed[task] += 1
        _, errors = driver.communicate(timeout=30)
        # It ends by itself, and says that it has failed only if something was killed.
        if driver.returncode == 0:
            break
        assert driver.returncode == 1, errors
        assert "failed" in errors
    print(f"killed {killed.total()} jobs, {servers} servers")
    finish(start_driver(tmp_path))
    assert_once(tmp_path, killed)
