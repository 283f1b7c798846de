"""What type checkers must refuse: each line that ends with `# wrong`, and no other."""

from __future__ import annotations

from typing import Optional

from xpm_config import Config, Param, field


class Model(Config):
    size: Param[int]
    name: Param[str] = field(default="a")


class Learn(Config):
    model: Param[Model]
    other: Param[Optional[Model]] = field(default=None)


class Default(Config):
    x: Param[int] = field(default="a")  # wrong


Model.C(size="3")  # wrong
Model.C()  # wrong
Model.C(3)  # wrong
Model.C(size=3, nam="b")  # wrong
Learn.C(model=3)  # wrong
Learn.C(model=Learn.C(model=Model.C(size=1)))  # wrong
learn = Learn.C(model=Model.C(size=1))
learn.model.size = "3"  # wrong
learn.modle  # wrong  # noqa: B018
learn.other.size  # wrong  # noqa: B018
learn.instance().model.nothing()  # wrong
