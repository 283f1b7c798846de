"""What is measured, on how much work, and what is to be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from supervise import Usage


class Run(NamedTuple):
    """One measured run."""

    n: int
    usage: Usage
    """What the process and all its descendants took, seen from outside."""
    report: dict[str, float]
    """What the process measured itself; see `workload/plan.py`."""


class Metric(NamedTuple):
    """A figure drawn from a run; the less, the better."""

    title: str
    unit: str
    value: Callable[[Run], float | None]
    """`None` where the run could not do what is measured."""
    goal: float | None = None


class Scenario(NamedTuple):
    """Some work, and the figures drawn from it."""

    name: str
    metrics: tuple[Metric, ...]
    plan: str | None = None
    """The function of the script; without one, the import is measured."""
    sizes: tuple[int, ...] = (0,)
    repeat: int = 3
    peer_repeat: int = 3
    prepare: str | None = None
    """The function that prepares the folder, not measured."""
    watch: bool = False
    """Processes are counted, time is not measured."""
    script: str = "plan.py"
    """The file of `workload/` that has the functions."""
    peer_limit: int | None = None
    """The largest size that the peer is measured on."""


def _ms(key: str) -> Callable[[Run], float]:
    """Milliseconds a task."""
    return lambda run: 1e3 * run.report[key] / run.n


def scenarios(cpus: int) -> tuple[Scenario, ...]:
    """All of them, for a machine with so many CPUs."""
    growth = (10, 100, 1_000, 10_000)
    return (
        Scenario(
            "import",
            (
                Metric(
                    "`from experimaestro import Config, Param`, whole process, CPU",
                    "s",
                    lambda run: run.usage.cpu,
                    0.05,
                ),
            ),
            repeat=15,
            peer_repeat=15,
        ),
        Scenario(
            "empty",
            (
                Metric(
                    "entering and leaving an empty experiment, wall",
                    "s",
                    lambda run: run.report["experiment_wall"],
                    0.05,
                ),
                Metric("the same, CPU", "s", lambda run: run.report["experiment_cpu"]),
            ),
            plan="empty",
            repeat=7,
        ),
        Scenario(
            "submit",
            (Metric("DRY_RUN of {n:,} tasks, CPU a task", "ms", _ms("submit_cpu"), 0.1),),
            plan="submit",
            sizes=(5_000,),
            repeat=7,
        ),
        Scenario(
            "tasks",
            (
                Metric(
                    "{n} no-op tasks run, CPU a task (driver, server, jobs)",
                    "ms",
                    lambda run: 1e3 * run.usage.cpu / run.n,
                    15.0,
                ),
                Metric("the same, wall in all", "s", lambda run: run.usage.wall, 4.0),
            ),
            plan="tasks",
            sizes=(300,),
            peer_repeat=1,
        ),
        Scenario(
            "processes",
            (
                Metric(
                    "{n} no-op tasks run, most processes at once",
                    "",
                    lambda run: run.usage.processes,
                    cpus + 1,
                ),
            ),
            plan="tasks",
            sizes=(300,),
            repeat=1,
            peer_repeat=1,
            watch=True,
        ),
        Scenario(
            "chain",
            (Metric("chain of {n} no-op tasks, wall a task", "ms", _ms("run_wall"), 25.0),),
            plan="chain",
            sizes=(30,),
            repeat=5,
            peer_repeat=2,
        ),
        Scenario(
            "replay",
            (
                Metric("replay of {n:,} finished tasks, CPU a task", "ms", _ms("all_cpu"), 0.4),
                Metric("the same, wall in all", "s", lambda run: run.report["all_wall"]),
            ),
            plan="tasks",
            sizes=(1_000,),
            prepare="generate",
            repeat=5,
        ),
        Scenario(
            "memory",
            (
                Metric(
                    "memory a task, {n:,} of which wait, above the configurations",
                    "KiB",
                    lambda run: (
                        (run.report["waiting"] - run.report["configurations"]) / run.n / 1024
                    ),
                    6.0,
                ),
                Metric(
                    "the configurations themselves",
                    "KiB",
                    lambda run: run.report["configurations"] / run.n / 1024,
                ),
            ),
            plan="memory",
            sizes=(10_000,),
            repeat=3,
            peer_repeat=1,
        ),
        Scenario(
            "growth-submit",
            (Metric("DRY_RUN of {n:,} tasks, CPU a task", "ms", _ms("submit_cpu")),),
            plan="submit",
            sizes=growth,
            peer_repeat=1,
        ),
        Scenario(
            "growth-replay",
            (Metric("replay of {n:,} finished tasks, CPU a task", "ms", _ms("all_cpu")),),
            plan="tasks",
            sizes=growth,
            prepare="generate",
            peer_repeat=1,
        ),
    )
