"""The web monitor, which is a package of its own: found when it is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import entry_points

from xpm_scheduler._tasks.interfaces import Plan
from xpm_scheduler._tasks.job import Job

#: Each entry point of this group is a function `start(xp, *, host, port, token)` that starts
#: a monitor of an experiment, and returns it: an object with a method `stop()`.
GROUP = "experimaestro.monitor"


def start_monitor(
    xp: Plan[Job], host: str | None, port: int, token: str | None
) -> Callable[[], None] | None:
    """Start the monitor of an experiment.

    Args:
        xp: the experiment.
        host: where it listens.
        port: its port.
        token: what those who look must know.

    Returns:
        A function that stops the monitor. `None`, and a printed line that says why, when there is
        no monitor or it cannot start: an experiment does without.
    """
    entry = next(iter(entry_points(group=GROUP)), None)
    if entry is None:
        print(
            f"{xp.name}: no web monitor is installed: nothing listens on port {port}",
            file=sys.stderr,
        )
        return None
    try:
        monitor = entry.load()(xp, host=host, port=port, token=token)
    except Exception as error:  # noqa: BLE001 -- a plug-in's code
        text = f"{type(error).__name__}: {error}"
        print(f"{xp.name}: the web monitor ({entry.value}) has failed: {text}", file=sys.stderr)
        return None

    def stop() -> None:
        try:
            monitor.stop()
        except Exception as error:  # noqa: BLE001 -- a plug-in's code
            text = f"{type(error).__name__}: {error}"
            print(f"{xp.name}: the web monitor could not be stopped: {text}", file=sys.stderr)

    return stop
