"""The classifiers that are compared: each is a description that knows how to build the real one.

scikit-learn is imported where a classifier is built, never here: the plan needs the descriptions
alone, so it starts in no time.
"""

from __future__ import annotations

from typing import Any, Protocol

from experimaestro import Config, Param, field


class Classifier(Protocol):
    """What scikit-learn's classifiers have in common, as far as this project goes."""

    def fit(self, x: Any, y: Any) -> object: ...
    def score(self, x: Any, y: Any) -> float: ...
    def predict(self, x: Any) -> Any: ...


class Model(Config):
    """A classifier to be trained."""

    def build(self, seed: int) -> Classifier:
        """Returns the classifier, untrained; `seed` feeds its random choices, if it has any."""
        raise NotImplementedError


class Logistic(Model):
    """Multinomial logistic regression."""

    c: Param[float]
    """Inverse of the strength of the penalty."""

    def build(self, seed: int) -> Classifier:
        from sklearn.linear_model import LogisticRegression

        classifier: Classifier = LogisticRegression(C=self.c, max_iter=1000)
        return classifier


class SupportVectors(Model):
    """Support vector machine with a Gaussian kernel."""

    c: Param[float]
    """Inverse of the strength of the penalty."""

    gamma: Param[float]
    """Inverse of the squared width of the kernel."""

    def build(self, seed: int) -> Classifier:
        from sklearn.svm import SVC

        classifier: Classifier = SVC(C=self.c, gamma=self.gamma)
        return classifier


class Neighbours(Model):
    """Vote of the nearest images."""

    k: Param[int]
    """How many images vote."""

    def build(self, seed: int) -> Classifier:
        from sklearn.neighbors import KNeighborsClassifier

        classifier: Classifier = KNeighborsClassifier(n_neighbors=self.k)
        return classifier


class Forest(Model):
    """Random forest."""

    trees: Param[int]
    """How many trees vote."""

    def build(self, seed: int) -> Classifier:
        from sklearn.ensemble import RandomForestClassifier

        classifier: Classifier = RandomForestClassifier(self.trees, random_state=seed)
        return classifier


class Perceptron(Model):
    """Neural network with one hidden layer."""

    hidden: Param[int]
    """How many units the hidden layer has."""

    epochs: Param[int] = field(default=200, ignore_default=True)
    """How many times the images are gone through, at most."""

    def build(self, seed: int) -> Classifier:
        from sklearn.neural_network import MLPClassifier

        classifier: Classifier = MLPClassifier(
            (self.hidden,), max_iter=self.epochs, random_state=seed
        )
        return classifier
