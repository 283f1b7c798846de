"""One measured run: `python plan.py SCENARIO FOLDER N REPORT`.

The same file is run by the interpreter of this project and by the peer's. What is measured inside
the process goes to REPORT (JSON): for each phase, its CPU and wall time in seconds, and sizes in
bytes. What jobs and servers cost is measured from outside.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workload import Behind, Gate, Link, Noop

from experimaestro import DirectoryContext, RunMode, experiment

report: dict[str, float] = {}


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Measures a block: `<name>_cpu` and `<name>_wall`."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    report[f"{name}_cpu"] = time.process_time() - cpu
    report[f"{name}_wall"] = time.perf_counter() - wall


def empty(folder: Path, n: int) -> None:
    """Enters an experiment and leaves it."""
    with phase("experiment"), experiment(folder, "bench"):
        pass


def submit(folder: Path, n: int) -> None:
    """Creates and submits `n` tasks that are not to be run."""
    with experiment(folder, "bench", run_mode=RunMode.DRY_RUN), phase("submit"):
        for x in range(n):
            Noop.C(x=x).submit()


def generate(folder: Path, n: int) -> None:
    """Makes the folders of `n` tasks, and says that they are done: they are not run."""
    with experiment(folder, "bench", run_mode=RunMode.GENERATE_ONLY):
        for x in range(n):
            Noop.C(x=x).submit()
    for task in (folder / "jobs").iterdir():
        for job in task.iterdir():
            (job / f"{task.name.rsplit('.', 1)[-1]}.done").touch()


def tasks(folder: Path, n: int) -> None:
    """Runs `n` independent tasks; or finds that they are done."""
    outputs = []
    with phase("all"), experiment(folder, "bench"), phase("run"):
        for x in range(n):
            outputs.append(Noop.C(x=x).submit())
        experiment.current().wait()
    report["done"] = sum(_done(each.__xpm__.job.path) for each in outputs)


def chain(folder: Path, n: int) -> None:
    """Runs `n` tasks, each after the one before."""
    last = None
    with phase("all"), experiment(folder, "bench"), phase("run"):
        for x in range(n):
            last = Link.C(x=x, previous=last).submit()
        experiment.current().wait()
    report["done"] = 0 if last is None else n * _done(last.__xpm__.job.path)


def memory(folder: Path, n: int) -> None:
    """Grows by `n` configurations that are not submitted, then by `n` tasks that wait."""
    release = folder.parent / "release"
    with experiment(folder, "bench"):
        gate = Gate.C(release=release).submit()
        # The first of each is not counted: it brings in code, and what is shared.
        alone = [_seal(Behind.C(x=-1, gate=gate), folder)]
        waiting = [Behind.C(x=-2, gate=gate).submit()]
        start = _resident()
        alone.extend(_seal(Behind.C(x=-3 - x, gate=gate), folder) for x in range(n))
        middle = _resident()
        waiting.extend(Behind.C(x=x, gate=gate).submit() for x in range(n))
        end = _settled(_resident)
        jobs = [each.__xpm__.job for each in waiting[1:]]
        report["done"] = sum(each.scheduler_state.name.upper() == "WAITING" for each in jobs)
        report["configurations"] = middle - start
        report["waiting"] = end - middle
        _write(Path(sys.argv[4]))
        release.touch()
        # The tasks that wait are of no more interest: nobody is to run them.
        os._exit(0)


def _seal(config: Behind, folder: Path) -> Behind:
    config.__xpm__.seal(DirectoryContext(folder / "alone"))
    assert config.__xpm__.identifier.all
    return config


def _settled(size: Callable[[], int]) -> int:
    """The size, once it has stopped growing: what was submitted may be dealt with later."""
    last, since = size(), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.2)
        now = size()
        if now > last + 65536:
            last, since = now, time.monotonic()
    return last


def _resident() -> int:
    """Resident memory of this process, in bytes (`man 5 proc_pid_statm`)."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _done(path: Path) -> bool:
    return (path / f"{path.parent.name.rsplit('.', 1)[-1]}.done").exists()


def _write(path: Path) -> None:
    path.write_text(json.dumps(report))


def main() -> None:
    scenario, folder, n, output = sys.argv[1:]
    scenarios = {each.__name__: each for each in (empty, submit, generate, tasks, chain, memory)}
    scenarios[scenario](Path(folder), int(n))
    _write(Path(output))


if __name__ == "__main__":
    main()
