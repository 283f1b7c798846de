"""Drivers in processes of their own: wait for them, kill them, and repeat what chance has done."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable


def seeded(number: int) -> random.Random:
    """Return a generator for a round; its seed is printed, and may be set by `XPM_TEST_SEED`."""
    given = os.environ.get("XPM_TEST_SEED")
    seed = int(given) if given else random.SystemRandom().randrange(2**32)
    print(f"seed {seed} (round {number})")
    return random.Random(seed)


def wait_until(condition: Callable[[], bool], limit: float = 30.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "the condition did not come to hold"
        time.sleep(0.01)


def finish(driver: subprocess.Popen[str], limit: float = 50.0) -> str:
    """Wait for a driver that must succeed; return what it has printed as errors."""
    try:
        _, errors = driver.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        driver.kill()
        _, errors = driver.communicate()
        raise AssertionError(f"the driver did not end; its errors: {errors}") from None
    assert driver.returncode == 0, errors
    return errors


def run_and_kill(driver: subprocess.Popen[str], seconds: float) -> bool:
    """Kill a driver after some time; return whether it was still there."""
    try:
        driver.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        driver.kill()
    driver.communicate(timeout=30)
    return driver.returncode == -signal.SIGKILL
