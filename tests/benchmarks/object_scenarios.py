"""What is measured on configurations alone: to create, identify, store and load them."""

from __future__ import annotations

from collections.abc import Callable

from scenarios import Metric, Run, Scenario

PLAN = "plan_objects.py"
GROWTH = (10, 100, 1_000, 10_000)


def _scaled(key: str, scale: float, each: bool = False) -> Callable[[Run], float | None]:
    """A time in a unit of `scale` a second, of each of the run's `n` where asked for."""

    def value(run: Run) -> float | None:
        if key not in run.report:
            return None
        return run.report[key] * scale / (run.n if each else 1)

    return value


def config_scenarios() -> tuple[Scenario, ...]:
    """Configurations, in memory."""
    create = Metric(
        "create a tree of {n:,}, CPU a configuration", "µs", _scaled("create", 1e6, True)
    )
    identify = Metric("identifier of the same tree", "µs", _scaled("identify", 1e6, True))
    return (
        Scenario(
            "config-import",
            (
                Metric(
                    "import of configurations alone, whole process, CPU",
                    "s",
                    lambda run: run.usage.cpu,
                    0.035,
                ),
            ),
            script="bare.py",
            plan="bare",
            repeat=15,
            peer_repeat=5,
        ),
        Scenario(
            "config-identifier",
            (identify._replace(title="identifier, tree of {n:,}, CPU a configuration", goal=6.0),),
            script=PLAN,
            plan="tree",
            sizes=(20_000,),
        ),
        Scenario(
            "config-create",
            (create._replace(goal=12.0),),
            script=PLAN,
            plan="tree",
            sizes=(20_000,),
        ),
        Scenario(
            "config-shared",
            (
                Metric("identifiers of {n:,} leaves, CPU", "ms", _scaled("leaves", 1e3)),
                Metric("of 10 parents that share them, with them", "ms", _scaled("family", 1e3)),
                Metric(
                    "the same, times the leaves alone",
                    "",
                    lambda run: run.report["family"] / run.report["leaves"],
                    1.0,
                ),
            ),
            script=PLAN,
            plan="shared",
            sizes=(2_000,),
        ),
        Scenario(
            "config-ladder",
            (
                Metric(
                    "identifier, ladder of {n} diamonds, CPU", "ms", _scaled("identify", 1e3), 0.5
                ),
            ),
            script=PLAN,
            plan="ladder",
            sizes=(16,),
            repeat=5,
            peer_repeat=1,
        ),
        Scenario(
            "config-collections",
            (
                Metric(
                    "seal and identify 3 collections of {n:,} numbers, CPU",
                    "ms",
                    _scaled("seal", 1e3),
                    120.0,
                ),
            ),
            script=PLAN,
            plan="collections",
            sizes=(100_000,),
        ),
        Scenario(
            "config-class",
            (
                Metric(
                    "class of 10 arguments, define, CPU", "µs", _scaled("define", 1e6, True), 60.0
                ),
                Metric("the same class, first use", "µs", _scaled("use", 1e6, True), 120.0),
            ),
            script=PLAN,
            plan="classes",
            sizes=(200,),
        ),
        Scenario(
            "config-growth",
            (create, identify),
            script=PLAN,
            plan="tree",
            sizes=GROWTH,
            peer_repeat=1,
        ),
    )


def serialize_scenarios() -> tuple[Scenario, ...]:
    """Configurations, stored and loaded."""
    state = Metric("state of a tree of {n:,}, not sealed, CPU", "ms", _scaled("state", 1e3))
    configurations = Metric(
        "load a tree of {n:,}, as configurations, CPU", "ms", _scaled("configurations", 1e3)
    )
    instances = Metric("the same, as instances", "ms", _scaled("instances", 1e3))
    return (
        Scenario(
            "serialize-state",
            (state._replace(goal=40.0),),
            script=PLAN,
            plan="state",
            sizes=(2_000,),
        ),
        Scenario(
            "serialize-load",
            (configurations._replace(goal=30.0), instances._replace(goal=8.0)),
            script=PLAN,
            plan="load",
            sizes=(2_000,),
        ),
        Scenario(
            "serialize-script",
            (
                Metric(
                    "load {n:,} whose class lies in a lone script, as instances, CPU",
                    "ms",
                    _scaled("load", 1e3),
                    15.0,
                ),
            ),
            script=PLAN,
            plan="script_instances",
            sizes=(2_000,),
            repeat=5,
            peer_repeat=1,
        ),
        Scenario(
            "serialize-script-configurations",
            (Metric("the same, as configurations, CPU", "ms", _scaled("load", 1e3), 15.0),),
            script=PLAN,
            plan="script_configurations",
            sizes=(2_000,),
            repeat=5,
            peer_repeat=1,
        ),
        Scenario(
            "serialize-chain",
            (
                Metric("GENERATE_ONLY, chain of {n} tasks, CPU", "s", _scaled("generate", 1), 0.4),
                Metric("of which the operating system, for files", "s", _scaled("system", 1)),
                Metric("growth exponent from a quarter of it", "", _scaled("exponent", 1), 1.1),
                Metric("the same chain, files in memory, CPU", "s", _scaled("memory", 1), 0.4),
                Metric("growth exponent, files in memory", "", _scaled("memory_exponent", 1), 1.1),
            ),
            script=PLAN,
            plan="chain",
            sizes=(400,),
            peer_repeat=1,
        ),
        Scenario(
            "serialize-growth-state",
            (state,),
            script=PLAN,
            plan="state",
            sizes=GROWTH,
            peer_repeat=1,
            peer_limit=1_000,
        ),
        Scenario(
            "serialize-growth-load",
            (configurations, instances),
            script=PLAN,
            plan="load",
            sizes=GROWTH,
            peer_repeat=1,
            peer_limit=1_000,
        ),
        Scenario(
            "serialize-growth-chain",
            (
                Metric(
                    "GENERATE_ONLY, chain of {n:,} tasks, CPU a task",
                    "ms",
                    _scaled("generate", 1e3, each=True),
                ),
                Metric("the same, files in memory", "ms", _scaled("memory", 1e3, each=True)),
            ),
            script=PLAN,
            plan="chain",
            sizes=GROWTH,
            repeat=1,
            peer_repeat=1,
            # It takes four times as long for twice as many.
            peer_limit=100,
        ),
    )
