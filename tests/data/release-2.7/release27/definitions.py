"""The classes that ``make.py`` uses; kept as they were when the folders were written."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any as AnyValue
from typing import Dict, List, Optional, Set

from experimaestro import (
    Action,
    Any,
    Config,
    Constant,
    DataPath,
    InstanceConfig,
    LightweightTask,
    Meta,
    Param,
    PathGenerator,
    Task,
    field,
)


class Activation(Enum):
    RELU = "relu"
    GELU = 2


class Layer(Config):
    size: Param[int]
    activation: Param[Activation] = field(default=Activation.RELU)
    cache: Meta[Path] = field(default_factory=PathGenerator("cache.bin"))


class Shared(InstanceConfig):
    size: Param[int] = field(default=8)


class Model(Config):
    layers: Param[List[Layer]]
    named: Param[Dict[str, Layer]]
    rate: Param[float]
    labels: Param[Optional[Set[str]]]
    table: Param[Optional[Dict[int, str]]]
    anything: Param[Any]
    limit: Param[Optional[int]]
    version: Constant[str] = "1.0"
    note: Meta[str] = field(default="nothing")


class Pair(Config):
    first: Param[Shared]
    second: Param[Shared]


class Loop(Config):
    other: Param[Loop]
    value: Param[int] = field(default=0)


class Corpus(Config):
    text: DataPath
    folder: DataPath
    name: Param[str]


class Corpora(Config):
    by_name: Param[Dict[str, Corpus]]
    ordered: Param[List[Corpus]]
    one: Param[Corpus]


class Seed(LightweightTask):
    value: Param[int]
    model: Param[Optional[Model]]

    def execute(self) -> None:
        EXECUTED.append((self.value, self.model))


#: What init tasks have done.
EXECUTED: list[AnyValue] = []




class Learn(Task):
    model: Param[Model]
    epochs: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))

    def task_outputs(self, dep):  # type: ignore[no-untyped-def]
        return dep(self.model)

    def execute(self) -> None:
        self.out.write_text(f"{self.epochs}\n")


class Train(Task):
    model: Param[Model]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))

    def task_outputs(self, dep):  # type: ignore[no-untyped-def]
        return dep(Step.C(task=self, number=3))

    def execute(self) -> None:
        self.out.write_text("trained\n")


class Step(Config):
    task: Param[Train]
    number: Param[int]


class Evaluate(Task):
    model: Param[Model]
    steps: Param[List[Step]]
    learn: Param[Optional[Learn]]
    report: Meta[Path] = field(default_factory=PathGenerator("report.txt"))

    def execute(self) -> None:
        self.report.write_text("good\n")


class Broken(Task):
    value: Param[int]

    def execute(self) -> None:
        raise ValueError("broken")


class Export(Action):
    name: Param[str]

    def describe(self) -> str:
        return "Export the model"

    def execute(self, interaction: AnyValue) -> None:
        pass
