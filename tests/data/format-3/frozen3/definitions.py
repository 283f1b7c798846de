"""The classes that ``make.py`` uses; kept as they were when the folders were written."""

from __future__ import annotations

from enum import Enum, Flag
from pathlib import Path
from typing import Any as AnyValue
from typing import ClassVar, Optional

from xpm_config import (
    Any,
    Config,
    Constant,
    DataPath,
    InstanceConfig,
    Meta,
    Param,
    PathGenerator,
    field,
)


class Kind(Enum):
    SMALL = "small"
    LARGE = 2


class Access(Flag):
    READ = 1
    WRITE = 2


class Layer(Config):
    size: Param[int]
    kind: Param[Kind] = field(default=Kind.SMALL)
    cache: Meta[Path] = field(default_factory=PathGenerator("cache.bin"))


class Shared(InstanceConfig):
    size: Param[int] = field(default=8)


class Model(Config):
    layers: Param[list[Layer]]
    named: Param[dict[str, Layer]]
    table: Param[dict[int, str]]
    labels: Param[set[str]]
    pair: Param[tuple[int, str]]
    anything: Param[Any]
    first: Param[Shared]
    second: Param[Shared]
    limit: Param[Optional[int]] = field(default=None)
    version: Constant[str] = "1.0"


class Loop(Config):
    other: Param[Loop]
    value: Param[int] = field(default=0)


class Corpus(Config):
    text: DataPath
    name: Param[str]


class LightweightTask(Config):
    def execute(self) -> None:
        raise NotImplementedError


class Task(LightweightTask):
    __xpm_task__: ClassVar[bool] = True


class Seed(LightweightTask):
    value: Param[int]

    def execute(self) -> None:
        EXECUTED.append(self.value)


#: What init tasks have done.
EXECUTED: list[AnyValue] = []


class Learn(Task):
    model: Param[Model]
    epochs: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))


class Step(Config):
    learn: Param[Learn]
    number: Param[int]


class Evaluate(Task):
    model: Param[Model]
    step: Param[Step]
    learn: Param[Learn]
    before: Param[Optional[Evaluate]] = field(default=None)
