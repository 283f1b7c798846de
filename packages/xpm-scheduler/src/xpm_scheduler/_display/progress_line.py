"""One line that follows an experiment while it runs: in a terminal, or below a notebook's cell."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from .counts import Counts

#: How wide the line is in a notebook, whose width is not known, in characters.
_COLUMNS = 100


class LiveLine:
    """One line that follows the counts.

    Args:
        name: the experiment.
        counts: what is shown.
        stream: where it is shown.
        columns: its width; `None` for that of the terminal.
        patience: seconds after which it is shown again though no count has changed, since the
            time has.
        interval: seconds between two updates, at least.
    """

    def __init__(
        self,
        name: str,
        counts: Counts,
        stream: TextIO,
        *,
        columns: int | None,
        patience: float,
        interval: float,
    ) -> None:
        self._patience = patience
        self._name = name
        self._counts = counts
        self._stream = stream
        self._columns = columns
        self._interval = interval
        self._began = time.time()
        self._next = self._latest = 0.0
        self._shown: tuple[int, ...] = ()
        self._bar: Any = None

    def refresh(self) -> None:
        """Show the counts, unless that was done just now."""
        counts = self._counts
        if counts.finished >= counts.jobs:
            if self._shown and self._bar is not None:
                self._bar.clear()  # what the plan prints next is not to stand behind it
                self._shown = ()
            return
        if self.due_in() > 0:
            return
        now = time.monotonic()
        self._next, self._latest = now + self._interval, now + self._patience
        self._shown = self._seen()
        if self._bar is None:
            self._bar = self._make()
        self._bar.total = counts.jobs
        # What was done before is no measure of the rate.
        self._bar.initial = counts.before
        self._bar.n = counts.finished
        parts = [f"{counts.running} running", f"{counts.waiting} waiting"]
        if counts.failed:
            parts.append(f"{counts.failed} failed")
        self._bar.set_postfix_str(", ".join(parts), refresh=False)
        self._bar.refresh()

    def due_in(self) -> float:
        """Return the seconds until it is to be shown again."""
        due = self._next if self._seen() != self._shown else self._latest
        return max(0.0, due - time.monotonic())

    def _seen(self) -> tuple[int, ...]:
        counts = self._counts
        return (counts.jobs, counts.finished, counts.running, counts.failed)

    def _make(self) -> Any:
        # Not before there is something to see: it takes longer to load than a small plan to run.
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no thread of its own: it is refreshed from here
        bar = tqdm(
            desc=self._name,
            total=0,
            unit="task",
            file=self._stream,
            ncols=self._columns,
            dynamic_ncols=self._columns is None,
            leave=False,
            delay=1e-9,  # not to be shown while it is empty
        )
        bar.start_t = self._began
        return bar

    def close(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._bar.close()


def live_line(name: str, counts: Counts) -> LiveLine | None:
    """Return a line where somebody can see it; `None` when nobody would.

    Args:
        name: the experiment.
        counts: what is shown.
    """
    stream = sys.stderr
    # A notebook's stream takes a line back as a terminal does. What it is sent is kept, in the
    # notebook's file too: only what is new is sent.
    if type(stream).__module__.partition(".")[0] == "ipykernel":
        return LiveLine(name, counts, stream, columns=_COLUMNS, patience=30.0, interval=0.5)
    try:
        if stream is None or not stream.isatty():
            return None
    except ValueError:  # closed
        return None
    return LiveLine(name, counts, stream, columns=None, patience=1.0, interval=0.2)
