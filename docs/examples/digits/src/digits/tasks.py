"""The four steps of the study: split the images, learn, evaluate, plot."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TypedDict

from experimaestro import Config, Meta, Param, PathGenerator, Task, field

from .models import Classifier, Model


class Result(TypedDict):
    """What an evaluation writes."""

    images: int
    correct: int
    accuracy: float


class Split(Task):
    """Sets a part of scikit-learn's 1,797 handwritten digits aside for the evaluation."""

    test_size: Param[float] = field(default=0.25, ignore_default=True)
    """Share of the images set aside."""

    seed: Param[int] = field(default=0, ignore_default=True)
    """Seed of the random choice."""

    path: Meta[Path] = field(default_factory=PathGenerator("images.npz"))
    """The images and what they show: x_train, y_train, x_test, y_test."""

    def execute(self) -> None:
        import numpy as np
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        images, labels = load_digits(return_X_y=True)
        parts = train_test_split(
            images / 16, labels, test_size=self.test_size, random_state=self.seed, stratify=labels
        )
        np.savez(
            self.path, **dict(zip(("x_train", "x_test", "y_train", "y_test"), parts, strict=True))
        )


class Learn(Task):
    """Trains a classifier."""

    split: Param[Split]
    """The images to learn from."""

    model: Param[Model]
    """The classifier."""

    seed: Param[int] = field(default=0, ignore_default=True)
    """Seed of the training."""

    path: Meta[Path] = field(default_factory=PathGenerator("model.pickle"))
    """The trained classifier."""

    def execute(self) -> None:
        import numpy as np

        images = np.load(self.split.path)
        classifier = self.model.build(self.seed)
        classifier.fit(images["x_train"], images["y_train"])
        self.path.write_bytes(pickle.dumps(classifier))


class Evaluate(Task):
    """Counts how many of the images set aside a trained classifier reads correctly."""

    learn: Param[Learn]
    """Where the classifier was trained."""

    path: Meta[Path] = field(default_factory=PathGenerator("result.json"))
    """The result."""

    def execute(self) -> None:
        import numpy as np

        images = np.load(self.learn.split.path)
        classifier: Classifier = pickle.loads(self.learn.path.read_bytes())
        right = classifier.predict(images["x_test"]) == images["y_test"]
        result = Result(images=len(right), correct=int(right.sum()), accuracy=float(right.mean()))
        self.path.write_text(json.dumps(result))

    def result(self) -> Result:
        """Reads the result, once the task is done."""
        result: Result = json.loads(self.path.read_text())
        return result


class Point(Config):
    """An evaluation, as it is to be called in a picture."""

    label: Param[str]
    evaluation: Param[Evaluate]


class Plot(Task):
    """Draws the accuracies. A task too, so that nothing is drawn again if nothing has changed."""

    points: Param[list[Point]]
    """What is drawn."""

    path: Meta[Path] = field(default_factory=PathGenerator("accuracy.png"))
    """The picture."""

    def execute(self) -> None:
        from .plot import draw

        draw({point.label: point.evaluation.result() for point in self.points}, self.path)
