"""Tokens held by jobs of several drivers: never exceeded, never lost, whoever is killed."""

from __future__ import annotations

import collections
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from driver_tools import run_and_kill, seeded, wait_until
from fault_tools import MODULES, Journal, kill_job, rounds
from sample import note

from xpm_launchers import CounterToken
from xpm_scheduler import experiment


def start(
    folder: Path, first: int, count: int, total: int, seconds: float
) -> subprocess.Popen[str]:
    """Start a driver of some tasks."""
    arguments = [str(folder), str(first), str(count), str(total), str(seconds)]
    return subprocess.Popen(
        [sys.executable, str(MODULES / "token_plan.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def most_held(journal: Path) -> int:
    """The most units held at once; what was killed held its units until then."""
    most, held = 0, collections.Counter[int]()
    for word, *values in (line.split() for line in journal.read_text().splitlines()):
        if word == "enter":
            held[int(values[1])] = int(values[2])
        elif word == "leave":
            del held[int(values[1])]
        elif word == "killing":
            held.pop(int(values[1]), None)
        most = max(most, held.total())
    return most


def alive(folder: Path) -> dict[int, int]:
    """The processes of the jobs that run."""
    running = Journal(folder / "journal").running()
    return {number: pid for number, pid in running.items() if os.path.exists(f"/proc/{pid}")}


@pytest.mark.parametrize("number", range(rounds(1)))
@pytest.mark.parametrize("total", [1, 2])
def test_holders_are_killed(tmp_path: Path, number: int, total: int) -> None:
    """Three drivers with ten tasks each; drivers and jobs are killed, and started again."""
    chance = seeded(number)
    drivers = {first: start(tmp_path, first, 10, total, 0.03) for first in (0, 100, 200)}
    killed = collections.Counter[str]()
    for _ in range(10):
        first = chance.choice(list(drivers))
        if chance.random() < 0.6:
            killed["drivers"] += run_and_kill(drivers[first], chance.uniform(0.0, 0.3))
            drivers[first] = start(tmp_path, first, 10, total, 0.03)
            continue
        limit = time.monotonic() + 1
        while not (running := alive(tmp_path)) and time.monotonic() < limit:
            time.sleep(0.002)
        if running:
            pid = running[chance.choice(sorted(running))]
            # Noted before: from here on, its units may be another one's.
            note(tmp_path / "journal", f"killing 0 {pid}")
            killed["jobs"] += kill_job(tmp_path, pid)
    print(f"killed {dict(killed)}")
    for first, driver in drivers.items():
        _, printed = driver.communicate(timeout=40)
        if driver.returncode:
            assert "failed" in printed
            again = start(tmp_path, first, 10, total, 0.0)
            _, printed = again.communicate(timeout=40)
            assert again.returncode == 0, printed
    assert most_held(tmp_path / "journal") <= total
    ended = Journal(tmp_path / "journal").count("leave")
    assert len(ended) == 30
    assert len(list((tmp_path / "ws" / "jobs").glob("*/*/*.done"))) == 30
    assert CounterToken("units", tmp_path / "token", total).available == total


def test_who_needs_all_units_gets_its_turn(tmp_path: Path) -> None:
    """Others, which need one unit each, keep coming: it is served in the order of asking."""
    from fault_tasks import Guarded

    journal = tmp_path / "journal"
    token = CounterToken("units", tmp_path / "token", 2)
    with experiment(tmp_path / "ws", "turns"):
        for number in range(20):
            units = 2 if number == 6 else 1
            task = Guarded.C(number=number, journal=journal, units=units)
            token(units, task).submit()
    lines = [line.split() for line in journal.read_text().splitlines()]
    order = [int(line[1]) for line in lines if line[0] == "enter"]
    assert order.index(6) == 6
    assert most_held(journal) == 2


def test_jobs_whose_driver_is_gone_keep_their_units(tmp_path: Path) -> None:
    """Another driver waits for them, however its own jobs ask."""
    driver = start(tmp_path, 0, 2, 1, 0.5)
    journal = tmp_path / "journal"
    wait_until(lambda: journal.exists() and "begin" in journal.read_text())
    driver.kill()
    driver.communicate(timeout=30)
    other = start(tmp_path, 100, 2, 1, 0.0)
    _, printed = other.communicate(timeout=30)
    assert other.returncode == 0, printed
    lines = [line.split()[:2] for line in journal.read_text().splitlines()]
    first = ["enter", "begin", "end", "leave"]
    assert [word for word, _ in lines[:4]] == first
    assert {number for _, number in lines[:4]} == {lines[0][1]}
    assert most_held(journal) == 1


def test_a_job_without_its_driver_gives_its_units_back(tmp_path: Path) -> None:
    driver = start(tmp_path, 0, 1, 1, 0.3)
    journal = tmp_path / "journal"
    wait_until(lambda: journal.exists() and "begin" in journal.read_text())
    driver.kill()
    driver.communicate(timeout=30)
    token = CounterToken("units", tmp_path / "token", 1)
    assert token.available == 0
    pid = next(iter(Journal(journal).running().values()))
    with token.acquire(1, timeout=30):
        assert "leave" in journal.read_text()
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"))
    assert token.available == 1
