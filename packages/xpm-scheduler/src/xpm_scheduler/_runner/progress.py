"""Progress of a running task, for people who watch."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar, overload

from xpm_scheduler.taskglobals import is_main_process

from .reporter import JobReporter

T = TypeVar("T")


def progress(value: float, level: int = 0, desc: str | None = None, console: bool = False) -> None:
    """Report how far the running task has come; does nothing outside a job.

    Args:
        value: the part that is done, from 0 to 1.
        level: 0 for the task, 1 for a step of it, and so on.
        desc: what is being done.
        console: whether to print it too.

    Raises:
        ValueError: `value` is not between 0 and 1, or `level` is negative.
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"progress: expected a value between 0 and 1, got {value!r}")
    if level < 0:
        raise ValueError(f"progress: expected a level of 0 or more, got {level!r}")
    reporter = JobReporter.current
    if reporter is not None and is_main_process():
        reporter.progress(float(value), level, desc)
    if console:
        print(f"{desc or 'progress'}: {value:.1%}", file=sys.stderr)


class ProgressBar(Generic[T]):
    """A `tqdm` bar that reports to the job's events as well.

    Bars nest: one made while another is open reports one level below. Whatever a
    `tqdm.tqdm` can do, it can do too.
    """

    _open: list[ProgressBar[Any]] = []

    def __init__(self, iterable: Iterable[T] | None = None, **kwargs: Any) -> None:
        # Imported late: the job-side runner is loaded for every job, most show no bar.
        from tqdm import tqdm as plain_tqdm

        kwargs.setdefault("mininterval", 1.0)
        self._bar: Any = plain_tqdm(iterable, **kwargs)
        self._level = len(ProgressBar._open)
        ProgressBar._open.append(self)
        self._report()

    def _report(self) -> None:
        total = self._bar.total
        if total:
            value = min(max(self._bar.n / total, 0.0), 1.0)
            progress(value, level=self._level, desc=self._bar.desc or None)

    def __iter__(self) -> Iterator[T]:
        try:
            for done, item in enumerate(self._bar, start=1):
                yield item
                # tqdm itself counts in strides; the number is kept here to be exact.
                self._bar.n = max(self._bar.n, done)
                self._report()
        finally:
            self.close()

    def update(self, n: float = 1) -> None:
        """Go `n` steps on."""
        self._bar.update(n)
        self._report()

    def close(self) -> None:
        """End the bar."""
        if self in ProgressBar._open:
            ProgressBar._open.remove(self)
        self._bar.close()

    def __enter__(self) -> ProgressBar[T]:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._bar)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bar, name)


@overload
def tqdm(iterable: Iterable[T], **kwargs: Any) -> ProgressBar[T]: ...
@overload
def tqdm(iterable: None = None, **kwargs: Any) -> ProgressBar[Any]: ...
def tqdm(iterable: Iterable[Any] | None = None, **kwargs: Any) -> ProgressBar[Any]:
    """Return a progress bar for tasks: in the terminal or the job's log, and in its events.

    Args:
        iterable: what to go through; `None` for a bar that is updated by hand.
        kwargs: as for `tqdm.tqdm`.

    Returns:
        The bar, which has all methods of a `tqdm.tqdm`.
    """
    return ProgressBar(iterable, **kwargs)
