"""Configuration classes for the tests."""

from __future__ import annotations

from enum import Enum

from xpm_config import Config, DataPath, Param, field


class Kind(Enum):
    SMALL = 1


class Layer(Config):
    size: Param[int]


class Model(Config):
    layers: Param[list[Layer]]
    kind: Param[Kind] = field(default=Kind.SMALL)
    text: Param[str] = field(default="a|b")
    named: Param[dict[str, Layer]] = field(default_factory=dict)


class Trained(Config):
    model: Param[Model]
    weights: DataPath
