"""One measured run on configurations: `python plan_objects.py SCENARIO FOLDER N REPORT`.

As `plan.py`, for what needs neither jobs nor servers. What is short is done several times in the
process, after a small one: REPORT has the median CPU time of each step, in seconds.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from parts import objects
from workload import Link

from experimaestro import (
    DirectoryContext,
    RunMode,
    SerializationContext,
    experiment,
    from_state_dict,
    state_dict,
)

T = TypeVar("T")

#: A step is done again until so much CPU time is spent (seconds), so many times at most.
ENOUGH = 0.4
ROUNDS = 25

#: Where files are in memory, on Linux.
MEMORY = Path("/dev/shm")

report: dict[str, float] = {}


def measure(key: str, prepare: Callable[[], T], work: Callable[[T], object]) -> None:
    """Measures a step, each time on something new that is not part of it."""
    times: list[float] = []
    while sum(times) < ENOUGH and len(times) < ROUNDS:
        subject = prepare()
        start = time.process_time()
        kept = work(subject)
        times.append(time.process_time() - start)
        del subject, kept  # what it takes to forget them is not part of it either
    report[key] = statistics.median(times)


def identify(config: Any) -> bytes:
    """The identifier of a configuration."""
    found: bytes = config.__xpm__.identifier.all
    return found


def identify_all(configs: list[Any]) -> None:
    """The identifiers of configurations."""
    for config in configs:
        identify(config)


def tree(folder: Path, n: int) -> None:
    """Creates and identifies a tree."""
    identify(objects.tree(7))
    measure("create", lambda: n, objects.tree)
    measure("identify", lambda: objects.tree(n), identify)


def shared(folder: Path, n: int) -> None:
    """Identifies leaves alone, then leaves that ten parents share with those parents."""
    identify(objects.Family.C(parents=objects.parents(2, objects.leaves(2))))

    def family() -> objects.Family:
        return objects.Family.C(parents=objects.parents(10, objects.leaves(n)))

    measure("leaves", lambda: objects.leaves(n), identify_all)
    measure("family", family, identify)


def ladder(folder: Path, n: int) -> None:
    """Identifies a ladder of diamonds."""
    identify(objects.ladder(2))
    measure("identify", lambda: objects.ladder(n), identify)


def collections(folder: Path, n: int) -> None:
    """Seals and identifies three collections."""
    context = DirectoryContext(folder)

    def work(config: Any) -> None:
        config.__xpm__.seal(context)
        identify(config)

    work(objects.numbers(2))
    measure("seal", lambda: objects.numbers(n), work)


def classes(folder: Path, n: int) -> None:
    """Defines classes, then uses each for the first time."""

    def use(kinds: list[Any]) -> None:
        for kind in kinds:
            kind.C(a=1, c=2.5, e="e", g=False, i=[1, 2])

    def made() -> list[Any]:
        return [objects.define() for _ in range(n)]

    use([objects.define()])
    measure("define", lambda: None, lambda _: made())
    measure("use", made, use)


def state(folder: Path, n: int) -> None:
    """Makes the state of a tree that is not sealed."""
    _warm()
    measure("state", lambda: objects.tree(n), lambda c: state_dict(SerializationContext(), c))


def load(folder: Path, n: int) -> None:
    """Loads a tree's state, as configurations and as instances."""
    _warm()
    text = json.dumps(state_dict(SerializationContext(), objects.tree(n)))
    measure("configurations", lambda: json.loads(text), from_state_dict)
    measure("instances", lambda: json.loads(text), lambda s: from_state_dict(s, as_instance=True))


def script_instances(folder: Path, n: int) -> None:
    """Loads instances of a lone script's class, the script not being executed yet."""
    _script(n, as_instance=True)


def script_configurations(folder: Path, n: int) -> None:
    """Loads configurations of a lone script's class, the script not being executed yet."""
    _script(n, as_instance=False)


def _script(n: int, as_instance: bool) -> None:
    _warm()
    lone, written = Path(__file__).parent / "scripts" / "lone.py", Path(sys.argv[4] + ".state")
    subprocess.run([sys.executable, str(lone), str(n), str(written)], check=True)
    data = json.loads(written.read_text())
    start = time.process_time()
    try:
        loaded = from_state_dict(data, as_instance=as_instance)
    except Exception as error:  # noqa: BLE001 # the peer cannot do it: then there is no figure
        print(f"{type(error).__name__}: {error}")
    else:
        report["load"] = time.process_time() - start
        assert loaded.x == n


def chain(folder: Path, n: int) -> None:
    """Generates a chain of tasks, each using the one before; also one of a quarter of the size.

    What a new file takes depends on the file system, and on how many it has: all this is also
    done where files are in memory.
    """
    _generate(folder / "warm", 3)
    quarter, _ = _generate(folder / "quarter", n // 4)
    report["generate"], report["system"] = _generate(folder / "whole", n)
    report["exponent"] = math.log(report["generate"] / quarter, n / (n // 4))
    times = 3 if report["generate"] < 3 else 1
    if MEMORY.is_dir():
        with tempfile.TemporaryDirectory(dir=MEMORY) as name:
            small = [_generate(Path(name, f"quarter{x}"), n // 4)[0] for x in range(times)]
            whole = [_generate(Path(name, f"whole{x}"), n)[0] for x in range(times)]
        report["memory"] = statistics.median(whole)
        exponent = math.log(report["memory"] / statistics.median(small), n / (n // 4))
        report["memory_exponent"] = exponent


def _generate(folder: Path, n: int) -> tuple[float, float]:
    """The CPU time, and that of the operating system in it."""
    start = os.times()
    before = time.process_time()
    with experiment(folder, "bench", run_mode=RunMode.GENERATE_ONLY):
        last = None
        for x in range(n):
            last = Link.C(x=x, previous=last).submit()
    return time.process_time() - before, os.times().system - start.system


def _warm() -> None:
    """Once all of it on little, so that all modules are there."""
    small = state_dict(SerializationContext(), objects.tree(3))
    from_state_dict(small)
    from_state_dict(small, as_instance=True)


def main() -> None:
    scenario, folder, n, output = sys.argv[1:]
    known = (
        *(tree, shared, ladder, collections, classes),
        *(state, load, script_instances, script_configurations, chain),
    )
    {each.__name__: each for each in known}[scenario](Path(folder), int(n))
    Path(output).write_text(json.dumps(report))


if __name__ == "__main__":
    main()
