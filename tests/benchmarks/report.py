"""The figures as a table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scenarios import Metric


class Figure(NamedTuple):
    """A metric of a scenario, at a size, with the values measured for each contender."""

    scenario: str
    metric: Metric
    n: int
    values: dict[str, list[float]]

    @property
    def title(self) -> str:
        return self.metric.title.format(n=self.n)

    def as_json(self) -> dict[str, object]:
        return {
            "scenario": self.scenario,
            "title": self.title,
            "unit": self.metric.unit,
            "n": self.n,
            "goal": self.metric.goal,
            "values": self.values,
        }


def table(figures: Iterable[Figure], contenders: list[str]) -> Iterator[str]:
    """A line a figure: the median of the runs, the best in brackets; last, how much less it is."""
    header = ["", "unit", "goal", *contenders, "ratio", "runs"]
    rows = [_row(each, contenders) for each in figures]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for cells in (header, *rows):
        first = cells[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        yield "  ".join((first, *rest))


def _row(figure: Figure, contenders: list[str]) -> list[str]:
    values = [figure.values.get(name, []) for name in contenders]
    medians = [statistics.median(each) if each else None for each in values]
    goal = figure.metric.goal
    ours = medians[0]
    missed = goal is not None and ours is not None and ours > goal
    ratio = "" if len(medians) < 2 or not ours or not medians[1] else f"{medians[1] / ours:.1f}"
    return [
        figure.title,
        figure.metric.unit,
        "" if goal is None else f"{goal:g}{' !' if missed else ''}",
        *(
            "" if median is None else f"{_number(median)} ({_number(min(each))})"
            for median, each in zip(medians, values, strict=True)
        ),
        ratio,
        "/".join(str(len(each)) for each in values),
    ]


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
