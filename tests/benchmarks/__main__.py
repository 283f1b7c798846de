"""The benchmarks: `./dev bench`, or `python tests/benchmarks`.

This project and the published peer run the same workload in turn, each in an environment of its
own. CPU time is that of all processes, also servers and jobs; a figure is the median of some runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from contenders import Contender, peer, this_project
from object_scenarios import config_scenarios, serialize_scenarios
from report import Figure, table
from scale_scenarios import scale_scenarios
from scenarios import Run, Scenario, scenarios
from state_scenarios import state_scenarios
from supervise import Usage, become_subreaper, measure

WORKLOAD = Path(__file__).parent / "workload"
LIMIT = 600.0  # seconds a run


class Failed(Exception):
    """A run that did not do its work."""


class Bench:
    """Runs scenarios in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        # A copy, as version control is not to be part of the work.
        self._workload = Path(shutil.copytree(WORKLOAD, folder / "workload"))

    def warm_up(self, contender: Contender) -> None:
        """Runs a bit of everything once, so that all is compiled and in the disk's cache."""
        self._plan(contender, "tasks", self._new_folder(), 2)

    def run(self, scenario: Scenario, n: int, contender: Contender, prepared: Path | None) -> Run:
        """Runs a scenario once."""
        if scenario.plan is None:
            command = [str(contender.python), "-c", "from experimaestro import Config, Param"]
            return Run(n, self._measure(command, self._new_folder()), {})
        folder = prepared or self._new_folder()
        return self._plan(
            contender, scenario.plan, folder, n, watch=scenario.watch, script=scenario.script
        )

    def prepare(self, scenario: Scenario, n: int, contender: Contender) -> Path | None:
        """Makes the folder that the runs of a scenario start from, if they need one."""
        if scenario.prepare is None:
            return None
        folder = self._new_folder()
        self._plan(contender, scenario.prepare, folder, n, script=scenario.script)
        return folder

    def _plan(
        self,
        contender: Contender,
        plan: str,
        folder: Path,
        n: int,
        watch: bool = False,
        script: str = "plan.py",
    ) -> Run:
        report = folder / "report.json"
        report.unlink(missing_ok=True)
        command = [str(contender.python), script, plan, str(folder / "work"), str(n)]
        usage = self._measure([*command, str(report)], folder, watch)
        values: dict[str, float] = json.loads(report.read_text())
        if values.get("done", n) != n:
            raise Failed(f"{contender.name}: {plan}: {values['done']:.0f} of {n} tasks are done")
        return Run(n, usage, values)

    def _measure(self, command: list[str], folder: Path, watch: bool = False) -> Usage:
        log = folder / "log"
        usage = measure(
            command,
            environ=self._environ(folder),
            cwd=self._workload,
            log=log,
            limit=LIMIT,
            watch=watch,
        )
        if usage.code != 0:
            tail = log.read_text(errors="replace")[-2000:]
            raise Failed(f"{' '.join(command)}: ended with {usage.code}\n{tail}")
        return usage

    def _environ(self, folder: Path) -> dict[str, str]:
        """An environment without the user's settings, and without servers that run already."""
        variables = {
            "HOME": "home",
            "TMPDIR": "tmp",
            "XDG_RUNTIME_DIR": "run",
            "XPM_RUNTIME_DIR": "servers",
        }
        paths = {name: folder / value for name, value in variables.items()}
        for path in paths.values():
            path.mkdir(mode=0o700, exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            **{name: str(path) for name, path in paths.items()},
        }

    def _new_folder(self) -> Path:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        return folder


def figures(
    bench: Bench, scenario: Scenario, contenders: list[Contender], repeat: int | None
) -> Iterator[Figure]:
    """Runs a scenario at all its sizes, the contenders in turn."""
    repeats = [repeat or scenario.repeat, repeat or scenario.peer_repeat]
    for n in scenario.sizes:
        runs: dict[str, list[Run]] = {each.name: [] for each in contenders}
        present = contenders[:1] if n > (scenario.peer_limit or n) else contenders
        folders = [bench.prepare(scenario, n, each) for each in present]
        for turn in range(max(repeats[: len(present)])):
            for contender, folder, times in zip(present, folders, repeats, strict=False):
                if turn < times:
                    print(f"… {scenario.name} {n or ''} {contender.name}", file=sys.stderr)
                    runs[contender.name].append(bench.run(scenario, n, contender, folder))
        for metric in scenario.metrics:
            values = {
                name: [value for run in each if (value := metric.value(run)) is not None]
                for name, each in runs.items()
            }
            yield Figure(scenario.name, metric, n, values)


def matching(name: str, known: Collection[str]) -> list[str]:
    """The scenario of that name; without one, those whose names begin with it."""
    return [name] if name in known else [each for each in known if each.startswith(name)]


def main() -> None:
    cpus = len(os.sched_getaffinity(0))
    collected = (
        *scenarios(cpus),
        *config_scenarios(),
        *serialize_scenarios(),
        *state_scenarios(),
        *scale_scenarios(),
    )
    known = {each.name: each for each in collected}
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        default=None,
        help=f"a scenario, or those whose names begin so (known: {', '.join(known)})",
    )
    parser.add_argument("--no-peer", action="store_true", help="this project alone")
    parser.add_argument("--repeat", type=int, help="runs of each (default: by scenario)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes all values measured")
    parser.add_argument(
        "--python", type=Path, help="an interpreter that has this project, instead of a new one"
    )
    options = parser.parse_args()
    chosen = {name: matching(name, known) for name in options.only or known}
    for name, names in chosen.items():
        if not names:
            parser.error(f"there is no scenario {name!r} (known: {', '.join(known)})")

    ours = Contender("this project", options.python) if options.python else this_project()
    contenders = [ours] if options.no_peer else [ours, peer()]
    become_subreaper()
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="xb-") as folder:
        bench = Bench(Path(folder))
        for contender in contenders:
            bench.warm_up(contender)
        for name in dict.fromkeys(name for names in chosen.values() for name in names):
            found.extend(figures(bench, known[name], contenders, options.repeat))
    print(f"Python {platform.python_version()}, {cpus} CPUs; median of the runs (best).")
    print("`!`: above the goal. Ratio: how many times less this project takes.\n")
    print("\n".join(table(found, [each.name for each in contenders])))
    if options.json:
        options.json.write_text(json.dumps([each.as_json() for each in found], indent=1))


if __name__ == "__main__":
    main()
