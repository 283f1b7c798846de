"""What is measured of plans of many tasks; the peer is not: it would take hours."""

from __future__ import annotations

from collections.abc import Callable

from scenarios import Metric, Run, Scenario


def _value(key: str, factor: float = 1.0) -> Callable[[Run], float]:
    return lambda run: factor * run.report[key]


def scale_scenarios() -> tuple[Scenario, ...]:
    """All of them."""
    return (
        Scenario(
            "scale-replay",
            (
                Metric(
                    "replay of {n:,} finished tasks in layers, wall in all",
                    "s",
                    _value("all_wall"),
                    20.0,
                ),
                Metric("the same, CPU in all", "s", _value("all_cpu")),
                Metric("the same, most memory", "GiB", _value("max_rss", 2**-30), 1.5),
            ),
            script="plan_scale.py",
            plan="replay",
            prepare="mark",
            sizes=(10_000, 100_000),
            repeat=1,
            peer_limit=1,
        ),
        Scenario(
            "scale-waiting",
            (
                Metric(
                    "{n:,} tasks wait behind one: the driver, of a core",
                    "%",
                    _value("idle_cpu", 100.0),
                    1.0,
                ),
            ),
            script="plan_scale.py",
            plan="waiting",
            sizes=(20_000,),
            repeat=1,
            peer_limit=1,
        ),
        Scenario(
            "scale-tasks",
            (
                Metric(
                    "{n:,} no-op tasks run, wall a task (120 a second)",
                    "ms",
                    lambda run: 1e3 * run.report["all_wall"] / run.n,
                    1e3 / 120,
                ),
                Metric(
                    "the same, CPU a task (driver, server, jobs)",
                    "ms",
                    lambda run: 1e3 * run.usage.cpu / run.n,
                ),
            ),
            script="plan_scale.py",
            plan="tasks",
            sizes=(5_000,),
            repeat=1,
            peer_limit=1,
        ),
        Scenario(
            "progress",
            (
                Metric(
                    "`tqdm` in a task, CPU a step (1 % of a step of 1 ms)",
                    "µs",
                    _value("bar", 1e6),
                    10.0,
                ),
                Metric("`progress()`, CPU a call", "µs", _value("calls", 1e6), 10.0),
            ),
            script="plan_scale.py",
            plan="progress",
            sizes=(300_000,),
            peer_limit=1,
        ),
    )
