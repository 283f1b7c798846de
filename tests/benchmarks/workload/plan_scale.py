"""Plans of many tasks: `python plan_scale.py SCENARIO FOLDER N REPORT`; see `plan.py`."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from plan import phase, report
from workload import Behind, Gate, Layered, Noop, Steps

from experimaestro import RunMode, experiment

#: Tasks of a layer; each needs two of the layer above.
WIDTH = 1_000
#: Seconds for which a driver is watched that has nothing to do.
IDLE = 10.0


def _layers(n: int) -> Iterator[Layered]:
    above: list[Layered] = []
    layer: list[Layered] = []
    for x in range(n):
        if len(layer) == WIDTH:
            above, layer = layer, []
        place = len(layer)
        needs = [above[place], above[(place + 1) % WIDTH]] if above else []
        layer.append(Layered.C(x=x, needs=needs).submit())
        yield layer[-1]


def mark(folder: Path, n: int) -> None:
    """Marks the tasks of `replay` as done; nothing else is in their folders."""
    with open(os.devnull, "w") as nothing, experiment(folder, "scale", run_mode=RunMode.DRY_RUN):
        said, sys.stderr = sys.stderr, nothing  # a dry run tells each task
        for task in _layers(n):
            path = task.__xpm__.job.path
            path.mkdir(parents=True)
            (path / "layered.done").touch()
        sys.stderr = said


def replay(folder: Path, n: int) -> None:
    """Finds that `n` tasks in layers are done."""
    with phase("all"), experiment(folder, "scale"):
        with phase("submit"):
            last = list(_layers(n))
    report["done"] = sum(task.__xpm__.job.scheduler_state.name == "DONE" for task in last)
    report["max_rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def waiting(folder: Path, n: int) -> None:
    """Watches a driver while `n` tasks wait behind one that runs."""
    release = folder.parent / "release"
    with experiment(folder, "scale"):
        gate = Gate.C(release=release).submit()
        tasks = [Behind.C(x=x, gate=gate).submit() for x in range(n)]
        jobs = [task.__xpm__.job for task in tasks]
        while jobs[-1].scheduler_state.name != "WAITING":
            time.sleep(0.1)
        time.sleep(5)  # what was recorded is written, and the gate runs
        start = time.process_time()
        time.sleep(IDLE)
        report["idle_cpu"] = (time.process_time() - start) / IDLE
        report["done"] = sum(job.scheduler_state.name == "WAITING" for job in jobs)
        _write(Path(sys.argv[4]))
        release.touch()
        os._exit(0)


def tasks(folder: Path, n: int) -> None:
    """Runs `n` independent tasks."""
    with phase("all"), experiment(folder, "scale"):
        outputs = [Noop.C(x=x).submit() for x in range(n)]
    report["done"] = sum(each.__xpm__.job.scheduler_state.name == "DONE" for each in outputs)


def progress(folder: Path, n: int) -> None:
    """Measures what it takes to report, in a task, each of `n` steps that do nothing."""
    with experiment(folder, "scale"):
        task = Steps.C(n=n).submit()
    lines = (task.__xpm__.job.path / "took").read_text().split()
    report["bar"], report["calls"] = map(float, lines)


def _write(path: Path) -> None:
    path.write_text(json.dumps(report))


def main() -> None:
    scenario, folder, n, output = sys.argv[1:]
    scenarios = {each.__name__: each for each in (mark, replay, waiting, tasks, progress)}
    scenarios[scenario](Path(folder), int(n))
    _write(Path(output))


if __name__ == "__main__":
    main()
