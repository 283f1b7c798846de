"""What type checkers must accept, and what they must find the types to be."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Generic, Optional, TypeVar

from typing_extensions import assert_type

from xpm_config import (
    Annotated,
    Choices,
    Config,
    Constant,
    DataPath,
    DirectoryContext,
    Meta,
    Param,
    PathGenerator,
    copyconfig,
    field,
    from_dict,
    sealed_set,
    setmeta,
    stop_tags,
    tag,
)

T = TypeVar("T")


class Color(Enum):
    RED = 1


class Model(Config):
    size: Param[int]
    color: Param[Color] = field(default=Color.RED)
    out: Meta[Path] = field(default_factory=PathGenerator("out"))
    kind: Annotated[str, Choices(["a", "b"])] = field(default="a")

    def area(self) -> float:
        return self.size * 2.0


class Big(Model):
    depth: Param[int] = field(default=3)


class Learn(Config):
    model: Param[Model]
    models: Param[list[Model]] = field(default_factory=list)
    other: Param[Optional[Model]] = field(default=None)
    made: Param[Big] = field(default_factory=lambda: Big.C(size=1))
    data: DataPath = field(default=Path("/data"))
    version: Constant[str] = "1"


class Box(Config, Generic[T]):
    item: Param[T]


learn = Learn.C(model=Model.C(size=tag(3)), models=[Big.C(size=1, depth=2)])
assert_type(learn, Learn)
assert_type(learn.model.size, int)
assert_type(learn.models[0].color, Color)
assert_type(learn.other, Optional[Model])
assert_type(learn.data, Path)
assert_type(learn.model.out, Path)
assert_type(learn.instance(), Learn)
assert_type(learn.instance(DirectoryContext(Path("."))).model.area(), float)
assert_type(learn.copy(), Learn)
assert_type(copyconfig(learn, version="1"), Learn)
assert_type(learn @ Model.C(size=1), Learn)
assert_type(setmeta(learn, True), Learn)
assert_type(stop_tags(learn), Learn)
assert_type(sealed_set(Model.C(size=1)), "set[Model]")
assert_type(from_dict(Model, {"size": 1}), Model)
assert_type(str(learn.__identifier__()), str)
assert_type(Box[int].C(item=1).item, int)
learn.model = Big.C(size=4)
learn.other = None
