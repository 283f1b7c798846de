"""A clock that is set forth and back by hours while plans run."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from driver_tools import finish, run_and_kill, seeded
from fault_tools import MODULES, assert_once, rounds, start_driver

HOUR = 3600.0

#: A task with a time limit, which sets the clock.
LIMITED = """
import sys
from pathlib import Path
from xpm_config import Meta, Param
from xpm_launchers import DirectLauncher
from xpm_scheduler import ResumableTask, experiment

class Limited(ResumableTask):
    folder: Param[Path]

    def execute(self) -> None:
        before = self.remaining_time()
        (self.folder / "clock").write_text("72000")
        (self.folder / "remaining").write_text(f"{before} {self.remaining_time()}")

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with experiment(folder / "ws", "limited") as xp:
        Limited.C(folder=folder).submit(launcher=DirectLauncher(requirement="duration=100s"))
    sys.exit(xp.failed)
"""


def shifted(tmp_path: Path, hours: float) -> dict[str, str]:
    """The variables of a driver whose clock is wrong by some hours."""
    set_clock(tmp_path, hours)
    path = os.pathsep.join(filter(None, [str(MODULES / "shifted_clock"), os.getenv("PYTHONPATH")]))
    return {"PYTHONPATH": path, "XPM_TEST_CLOCK": str(tmp_path / "clock")}


def set_clock(tmp_path: Path, hours: float) -> None:
    """Set the clock of all that runs."""
    new = tmp_path / "clock.new"
    new.write_text(str(hours * HOUR))
    new.replace(tmp_path / "clock")


def test_the_clock_is_shifted_in_drivers_and_jobs(tmp_path: Path) -> None:
    environ = shifted(tmp_path, 10_000)
    finish(start_driver(tmp_path, environ=environ))
    runs = sorted(path.name for path in (tmp_path / "ws/experiments/faults").glob("2*"))
    status = next((tmp_path / "ws" / "jobs").glob("fault_tasks.work/*/.experimaestro/status.json"))
    # More than a year ahead.
    assert runs[0] > "2027"
    assert json.loads(status.read_text())["started_time"] > "2027"


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path) -> None:
    """Drivers are killed and the clock is set again at random: every task runs once."""
    for number in range(rounds(1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        chance = seeded(number)
        environ = shifted(folder, 0)
        for _ in range(4):
            driver = start_driver(folder, environ=environ)
            for _ in range(3):
                set_clock(folder, chance.uniform(-30, 30))
                if driver.poll() is None:
                    run_for(driver, chance.uniform(0.05, 0.2))
            run_and_kill(driver, 0.05)
        set_clock(folder, chance.uniform(-30, 30))
        finish(start_driver(folder, environ=environ))
        assert_once(folder)


def run_for(driver: subprocess.Popen[str], seconds: float) -> None:
    """Let a driver run for a while."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        driver.wait(timeout=seconds)


def test_runs_stay_in_order_when_the_clock_is_set_back(tmp_path: Path) -> None:
    environ = shifted(tmp_path, 0)
    history = tmp_path / "ws" / "experiments" / "faults"
    seen: list[str] = []
    for hours in (0, 20, -20, -5, 30, 0, 0):
        set_clock(tmp_path, hours)
        finish(start_driver(tmp_path, environ=environ))
        newest = os.readlink(history / "current")
        assert (history / newest / "status.json").is_file(), "the newest run is never removed"
        seen.append(newest)
    assert seen == sorted(seen, key=run_order)
    kept = {path.name for path in history.glob("2*")}
    assert kept == set(seen[-5:])
    assert_once(tmp_path)


def run_order(name: str) -> tuple[str, int]:
    """What runs are sorted by."""
    base, _, number = name.partition(".")
    return base, int(number or 0)


def test_a_time_limit_is_kept_whatever_the_clock_says(tmp_path: Path) -> None:
    """The remaining time is that of the job, not of the clock on the wall."""
    environ = shifted(tmp_path, 0)
    program = tmp_path / "limited.py"
    program.write_text(LIMITED)
    command = [sys.executable, str(program), str(tmp_path)]
    done = subprocess.run(
        command,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, after = map(float, (tmp_path / "remaining").read_text().split())
    assert 0 <= before - after < 60
    assert 0 < before <= 100
