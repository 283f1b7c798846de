"""Processes that use a counter, for the tests of counters; what they do, by name."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from xpm_launchers import CounterToken


def log(folder: str, *fields: object) -> None:
    """Append one line to the common log, in one write."""
    descriptor = os.open(f"{folder}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(descriptor, (" ".join(map(str, fields)) + "\n").encode())
    os.close(descriptor)


@contextmanager
def slots(folder: str, units: int, total: int) -> Iterator[None]:
    """Hold `units` of `total` lock files: the monitor of capacity, which knows no counter.

    There is always one free for whoever rightly holds units; the system frees those of the dead.
    """
    held = []
    for number in range(total):
        descriptor = os.open(f"{folder}/slot{number}", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        held.append(descriptor)
        if len(held) == units:
            break
    if len(held) < units:
        log(folder, "exceeded", os.getpid())
    yield
    for descriptor in held:
        os.close(descriptor)


def many(folder: str, total: int, name: str, times: int) -> None:
    """Take and give back `times` times, one unit or more."""
    rng = random.Random(name)
    token = CounterToken("shared", f"{folder}/token", total)
    for _ in range(times):
        units = rng.choice([1, 1, 1, 2, total])
        with token.acquire(units), slots(folder, units, total):
            log(folder, "held", name, units)
    log(folder, "finished", name)


def loop(folder: str, total: int, name: str, _: int) -> None:
    """Take one unit again and again, until the file `stop` is there."""
    token = CounterToken("shared", f"{folder}/token", total)
    while not os.path.exists(f"{folder}/stop"):
        with token.acquire(1):
            log(folder, "held", name)
    log(folder, "finished", name)


def one(folder: str, total: int, name: str, units: int) -> None:
    """Request units, and log the request and the grant."""
    token = CounterToken("shared", f"{folder}/token", total)
    request = token.request(units)
    log(folder, "requested", name)
    with request:
        while not request.poll():
            time.sleep(token.interval)
        log(folder, "held", name)


def hold(folder: str, total: int, name: str, units: int) -> None:
    """Hold units until killed."""
    with CounterToken("shared", f"{folder}/token", total).acquire(units):
        log(folder, "held", name)
        signal.pause()


def drive(folder: str, total: int, name: str, units: int) -> None:
    """Take units for a job, start it, and wait to be killed."""
    token = CounterToken("shared", f"{folder}/token", total)
    request = token.acquire(units, key=f"{folder}/{name}")
    request.set_evidence(locks=[f"{folder}/{name}.lock"], grace=0.0)
    subprocess.Popen(
        [sys.executable, __file__, "job", folder, "1", name, "1"], start_new_session=True
    )
    signal.pause()


def job(folder: str, total: int, name: str, units: int) -> None:
    """A job: it holds the shared half of its lock until its file is opened."""
    descriptor = os.open(f"{folder}/{name}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    os.mkfifo(f"{folder}/{name}.fifo")
    log(folder, "job", os.getpid())
    open(f"{folder}/{name}.fifo").close()


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
