"""Configuration classes for the tests."""

from __future__ import annotations

from enum import Enum, Flag
from pathlib import Path
from typing import Any, Generic, Optional, TypeVar

from serialized.tasks import LightweightTask, Task
from xpm_config import (
    Config,
    Constant,
    DataPath,
    InstanceConfig,
    Meta,
    OptionalDataPath,
    Param,
    PathGenerator,
    field,
)

T = TypeVar("T")


class Activation(Enum):
    RELU = "relu"
    GELU = 2


class Access(Flag):
    READ = 1
    WRITE = 2


class Layer(Config):
    size: Param[int]
    activation: Param[Activation] = field(default=Activation.RELU)


class Weights(InstanceConfig):
    size: Param[int] = field(default=8)


class Model(Config):
    layers: Param[list[Layer]]
    named: Param[dict[str, Layer]] = field(default_factory=dict)
    rate: Param[float] = field(default=0.5)
    limit: Param[Optional[int]] = field(default=None)
    version: Constant[str] = "1"
    note: Meta[str] = field(default="")


class Anything(Config):
    value: Param[Any]


class Typed(Config):
    labels: Param[set[str]]
    table: Param[dict[int, str]]
    pair: Param[tuple[int, str]]
    places: Meta[list[Path]]


class Bag(Config):
    items: Param[set[Layer]]


class Loop(Config):
    other: Param[Loop]
    value: Param[int] = field(default=0)


class Pair(Config):
    first: Param[Weights]
    second: Param[Weights]


class Box(Config, Generic[T]):
    content: Param[T]


class Outer:
    class Inner(Config):
        x: Param[int]


class Watched(Config):
    """Tells in which order things happen."""

    name: Param[str]
    held: Param[list[Watched]] = field(default_factory=list)

    def __init__(self) -> None:
        super().__init__()
        LOG.append(f"init {self.name}")

    def __post_init__(self) -> None:
        LOG.append(f"post {self.name} {[child.name for child in self.held]}")


LOG: list[str] = []


class Corpus(Config):
    text: DataPath
    folder: OptionalDataPath = field(default=None)
    name: Param[str] = field(default="")


class Corpora(Config):
    by_name: Param[dict[str, Corpus]] = field(default_factory=dict)
    ordered: Param[list[Corpus]] = field(default_factory=list)


class Seed(LightweightTask):
    value: Param[int]

    def execute(self) -> None:
        EXECUTED.append(self.value)


EXECUTED: list[int] = []


class Learn(Task):
    model: Param[Model]
    epochs: Param[int] = field(default=1)
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))


class Chain(Task):
    number: Param[int]
    before: Param[Optional[Chain]] = field(default=None)
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))


class Step(Config):
    """What a task may produce: it is not one of its arguments."""

    number: Param[int]
    before: Param[Optional[Step]] = field(default=None)
    path: Meta[Path] = field(default_factory=PathGenerator("step.txt"))


class Climb(Task):
    number: Param[int]
    step: Param[Optional[Step]] = field(default=None)


class Evaluate(Task):
    model: Param[Model]
    learn: Param[Optional[Learn]] = field(default=None)
    evaluate: Param[Optional[Evaluate]] = field(default=None)


class NotAConfig:
    pass
