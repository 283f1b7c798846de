"""What is measured of readers of a workspace."""

from __future__ import annotations

from collections.abc import Callable

from scenarios import Metric, Run, Scenario


def _ms(key: str) -> Callable[[Run], float]:
    return lambda run: 1e3 * run.report[key]


def state_scenarios() -> tuple[Scenario, ...]:
    """Reading the states of many jobs; the peer has no such reader."""
    states = Metric("states of {n:,} jobs, read anew, CPU", "ms", _ms("states"))
    others = (
        Metric("the same, when nothing is new", "ms", _ms("again")),
        Metric("the tags of all of them", "ms", _ms("tags")),
        Metric("the states from the log alone, without a snapshot", "ms", _ms("log")),
    )
    return (
        Scenario(
            "state",
            (states._replace(goal=1_000.0), *others),
            script="plan_states.py",
            plan="states",
            sizes=(100_000,),
            prepare="record",
            peer_limit=1,
        ),
        Scenario(
            "state-growth",
            (states, *others),
            script="plan_states.py",
            plan="states",
            sizes=(10, 100, 1_000, 10_000),
            prepare="record",
            peer_limit=1,
        ),
        Scenario(
            "state-snapshot",
            (Metric("snapshot of {n:,} jobs, written, CPU", "ms", _ms("snapshot")),),
            script="plan_states.py",
            plan="snapshot",
            sizes=(1_000, 10_000),
            peer_limit=1,
        ),
    )
