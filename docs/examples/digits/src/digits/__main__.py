"""The plan of the study. Run it with `python -m digits`."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from experimaestro import experiment, stop_tags, tag

from .models import Forest, Logistic, Model, Neighbours, Perceptron, SupportVectors
from .tasks import Evaluate, Learn, Plot, Point, Split


def models() -> Iterator[Model]:
    """The classifiers to compare, tagged with what sets them apart."""
    for c in (0.1, 1.0):
        yield Logistic.C(c=tag(c)).tag("model", "logistic")
    for c in (1.0, 10.0):
        for gamma in (0.01, 0.1):
            yield SupportVectors.C(c=tag(c), gamma=tag(gamma)).tag("model", "svm")
    for k in (1, 5):
        yield Neighbours.C(k=tag(k)).tag("model", "neighbours")
    for trees in (10, 100):
        yield Forest.C(trees=tag(trees)).tag("model", "forest")
    for hidden in (16, 64):
        yield Perceptron.C(hidden=tag(hidden)).tag("model", "perceptron")


def label(evaluation: Evaluate) -> str:
    """The tags of an evaluation, the kind of model first."""
    tags = evaluation.tags()
    rest = (f"{name}={tags[name]}" for name in sorted(tags) if name != "model")
    return " ".join((str(tags["model"]), *rest))


def table(evaluations: dict[str, Evaluate]) -> Iterator[str]:
    """The results, the best first."""
    results = {name: each.result() for name, each in evaluations.items()}
    yield f"{'model':<28}{'accuracy':>9}{'errors':>8}"
    for name, result in sorted(results.items(), key=lambda item: -item[1]["accuracy"]):
        errors = f"{result['images'] - result['correct']}/{result['images']}"
        yield f"{name:<28}{result['accuracy']:>9.1%}{errors:>8}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="digits", description="Compares readers of digits.")
    parser.add_argument("--workdir", type=Path, default=Path("digits-results"))
    workdir: Path = parser.parse_args().workdir

    with experiment(workdir, "digits") as xp:
        split = Split.C().submit()
        evaluations: dict[str, Evaluate] = {}
        for model in models():
            learn = Learn.C(split=split, model=model).submit()
            evaluation = Evaluate.C(learn=learn).submit()
            evaluations[label(evaluation)] = evaluation
        points = [
            # The tags say what sets the evaluations apart: the picture is of all of them.
            Point.C(label=name, evaluation=stop_tags(each))
            for name, each in evaluations.items()
        ]
        plot = Plot.C(points=points).submit()

    # All is done here. What failed has no result, and does not keep the others from being shown.
    done = {name: each for name, each in evaluations.items() if each.path.exists()}
    print("\n".join(table(done)))
    if plot.path.exists():
        xp.resultspath.mkdir(parents=True, exist_ok=True)
        picture = xp.resultspath / "accuracy.png"
        shutil.copyfile(plot.path, picture)
        print(f"\nPicture: {picture}")
    if xp.failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
