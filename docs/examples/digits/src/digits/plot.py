"""Accuracy of each classifier, as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from pathlib import Path

import matplotlib

matplotlib.use("agg")  # Draws into files: a job has no screen.

import matplotlib.pyplot as plt

from .tasks import Result


def interval(result: Result) -> tuple[float, float]:
    """The 95 % interval of an accuracy (E. B. Wilson, 1927), as how far it goes down and up."""
    n, p, z = result["images"], result["accuracy"], 1.96
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, p - (centre - half)), max(0.0, centre + half - p)


def draw(results: Mapping[str, Result], path: Path) -> None:
    """Draws one line a classifier, the best on top; the colour tells the kind of classifier."""
    ranked = sorted(results.items(), key=lambda item: item[1]["accuracy"])
    kinds = sorted({label.split()[0] for label in results})
    figure, axes = plt.subplots(figsize=(7, 0.6 + 0.32 * len(ranked)), layout="constrained")
    for row, (label, result) in enumerate(ranked):
        down, up = interval(result)
        axes.errorbar(
            result["accuracy"],
            row,
            xerr=[[down], [up]],
            fmt="o",
            capsize=3,
            color=f"C{kinds.index(label.split()[0])}",
        )
    axes.set_yticks(range(len(ranked)), [label for label, _ in ranked])
    axes.set_xlabel("accuracy on images never seen, with its 95 % interval")
    axes.grid(axis="x", alpha=0.3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, dpi=150)
    plt.close(figure)
