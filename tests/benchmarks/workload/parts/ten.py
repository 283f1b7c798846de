"""A class of ten arguments."""

from __future__ import annotations

from experimaestro import Config, Param, field


class Ten(Config):
    """Of many types, half of them with a default."""

    a: Param[int]
    b: Param[int] = field(default=1)
    c: Param[float]
    d: Param[float] = field(default=0.5)
    e: Param[str]
    f: Param[str] = field(default="f")
    g: Param[bool]
    h: Param[bool] = field(default=True)
    i: Param[list[int]]
    j: Param[int | None] = field(default=None)
