"""The web monitor, which is a package of its own: found when it is installed."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .experiment import experiment

#: Each entry point of this group is a function ``start(xp, *, host, port, token)`` that starts
#: a monitor of an experiment, and returns it.
GROUP = "experimaestro.monitor"


class Monitor(Protocol):
    """A monitor that runs."""

    def stop(self) -> None:
        """End it."""
        ...


def start_monitor(xp: experiment, host: str | None, port: int, token: str | None) -> Monitor | None:
    """Start the monitor of an experiment.

    Args:
        xp: the experiment.
        host: where it listens.
        port: its port.
        token: what those who look must know.

    Returns:
        The monitor; ``None``, and a line that says why, when there is none or it cannot start:
        an experiment does without.
    """
    found = next(iter(entry_points(group=GROUP)), None)
    if found is None:
        print(
            f"{xp.name}: no web monitor is installed: nothing listens on port {port}",
            file=sys.stderr,
        )
        return None
    try:
        monitor: Monitor = found.load()(xp, host=host, port=port, token=token)
    except Exception as error:  # noqa: BLE001 -- a plug-in's code
        text = f"{type(error).__name__}: {error}"
        print(f"{xp.name}: the web monitor ({found.value}) has failed: {text}", file=sys.stderr)
        return None
    return monitor


def stop_monitor(xp: experiment, monitor: Monitor) -> None:
    """End a monitor; what goes wrong with it is only told."""
    try:
        monitor.stop()
    except Exception as error:  # noqa: BLE001 -- a plug-in's code
        text = f"{type(error).__name__}: {error}"
        print(f"{xp.name}: the web monitor could not be stopped: {text}", file=sys.stderr)
