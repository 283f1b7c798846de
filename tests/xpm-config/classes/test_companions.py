"""What packages built on configurations rely on beyond the documented interface."""

from __future__ import annotations

import enum
import pickle
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar, Union

import pytest

from xpm_config import (
    Config,
    DirectoryContext,
    IdentifierComputer,
    Meta,
    ObjectStore,
    ObjectType,
    Param,
    PathGenerator,
    documentation,
    field,
    from_dict,
    param_group,
    partial,
    tags,
    to_dict,
)
from xpm_config.types import IntType, ListType

T = TypeVar("T")


class Model(Config):
    size: Param[int]


class Pickled(Config):
    size: Param[int]

    def __getstate__(self) -> dict[str, Any]:
        return {"size": self.size, "extra": 1}


def test_the_configuration_class_is_a_class() -> None:
    model = Model.C(size=1)
    assert type(model) is Model.C is Model.XPMConfig is type(model).C
    assert Model.C.__name__ == "Model.XPMConfig"
    assert model.__class__.C(size=2).size == 2

    class Holder(Config):
        kind = Model.C
        path: Meta[Path] = field(default_factory=PathGenerator("model"))

        @property
        def last(self) -> Path:
            return self.path / "last"

        def execute(self) -> str:
            return "done"

    holder = Holder.C()
    assert holder.kind is Model.C
    assert holder.execute() == "done"
    holder.seal(DirectoryContext(Path("/job")))
    assert holder.last == Path("/job/model/last")


def test_attributes_that_are_no_arguments() -> None:
    class Square(Config):
        side: Param[int]

        @property
        def area(self) -> int:
            return self.side**2

        @area.setter
        def area(self, value: int) -> None:
            self.side = round(value**0.5)

    square = Square.C(side=2)
    square.area = 9
    assert square.__xpm__.values == {"side": 3}
    before = square.__identifier__()
    square.note = "mine"  # type: ignore[attr-defined] # a user's own attribute
    assert vars(square)["note"] == "mine"
    assert square.__identifier__() == before
    assert not hasattr(square.copy(), "note")


def test_other_parents() -> None:
    class Registry(type):
        made: list[str] = []

        def __init__(cls, name: str, bases: Any, namespace: Any) -> None:
            super().__init__(name, bases, namespace)
            Registry.made.append(name)

    class Foreign(metaclass=Registry):
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(f"not ready for {name}")

    class Mixed(Config, Foreign):
        size: Param[int]

    assert not hasattr(Mixed.C(size=1), "absent")
    assert Mixed.C(size=1).instance().size == 1

    class Numbers(Config, ABC, Iterable[int]):
        @abstractmethod
        def first(self) -> int: ...

    class From(Numbers, Generic[T]):
        start: Param[int]

        def first(self) -> int:
            return self.start

        def __iter__(self) -> Iterator[int]:
            yield self.first()

    assert list(From.C(start=3)) == [3] == list(From.C(start=3).instance())


def test_value_objects_are_pickled_as_their_class_says() -> None:
    again = pickle.loads(pickle.dumps(Pickled.C(size=3).instance()))
    assert vars(again) == {"size": 3, "extra": 1}


def test_a_store_is_shared_by_later_calls(tmp_path: Path) -> None:
    class Holder(Config):
        model: Param[Model]
        path: Meta[Path] = field(default_factory=PathGenerator("p"))

    model, store = Model.C(size=1), ObjectStore()
    context = DirectoryContext(tmp_path)
    first = Holder.C(model=model).instance(context=context, objects=store)
    second = Holder.C(model=model).instance(context=context, objects=store)
    assert first is not second
    assert first.model is second.model
    assert first.path == tmp_path / "p"


def test_schemas_name_the_types_of_arguments() -> None:
    class Layers(Config):
        sizes: Param[list[int]]

    found = Layers.__xpmtype__.getArgument("sizes").type
    assert isinstance(found, ListType)
    assert isinstance(found.element, IntType)
    assert ObjectType.REGISTERED[Layers] is Layers.__getxpmtype__()


def test_identifiers_by_their_computer() -> None:
    group = param_group("training")

    class Learn(Config):
        size: Param[int]
        epochs: Param[int] = field(groups=[group])

    left, right = Learn.C(size=1, epochs=1), Learn.C(size=1, epochs=2)
    assert IdentifierComputer.compute(left) == left.__identifier__()
    assert IdentifierComputer.compute(left) != IdentifierComputer.compute(right)
    model = partial(exclude_groups=[group])
    assert IdentifierComputer.compute_partial(left, model) == (
        IdentifierComputer.compute_partial(right, model)
    )


def test_the_member_of_a_union_that_is_exactly_the_type_wins() -> None:
    class Either(Config):
        value: Param[Union[str, int]]
        number: Param[Union[int, float]]

    assert Either.C(value=5, number=1.0).__xpm__.values == {"value": 5, "number": 1.0}
    assert type(Either.C(value="5", number=1.0).number) is float


def test_a_documentation_method_is_marked() -> None:
    class Described(Config):
        @documentation
        def describe(self) -> str:
            return "a text"

    assert Described.C().describe() == "a text"
    assert vars(Described)["describe"].__experimaestro_documentation__ is True


def test_dependencies_are_copied() -> None:
    first, second = Model.C(size=1), Model.C(size=2)
    first.add_dependencies("token")
    assert second.copy_dependencies(first) is second
    assert second.__xpm__.dependencies == ["token"]


def test_tags_return_the_configuration() -> None:
    model = Model.C(size=1)
    assert model.tag("kind", "small") is model
    assert tags(model) == {"kind": "small"}


SCRIPT = """
import enum
from xpm_config import Any, Config, Param

class Kind(enum.Enum):
    GOOD = 1

class Learn(Config):
    kind: Param[Kind]
    other: Param[Any]
"""


def test_a_script_loaded_by_a_job_has_the_identifiers_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Jobs load the script that was `__main__` under the name `__mp_main__`."""
    made = {}
    for name in ("__main__", "__mp_main__"):
        module = ModuleType(name)
        # a job is run by another program than the script
        monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        monkeypatch.setitem(sys.modules, name, module)
        exec(SCRIPT, vars(module))
        learn = vars(module)["Learn"]
        kind = vars(module)["Kind"]
        assert isinstance(kind.GOOD, enum.Enum)
        config = learn.C(kind=kind.GOOD, other=[kind.GOOD])
        made[name] = (learn.__xpmtype__.identifier, config.__identifier__().all)
        # the data written by one is read by the other
        data = {**to_dict(config), "$type": "__main__:Learn"}
        again = from_dict(Config, data)
        assert type(again) is learn.C
        assert again == config
        ObjectType.REGISTERED.pop(learn)
    assert made["__main__"] == made["__mp_main__"]
    assert made["__main__"][0] == "__main__.learn"


class Remote:
    """A third party's class; its attributes need what its __init__ makes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Delegating(Config, Remote):
    size: Param[int]

    @property
    def broken(self) -> Any:
        return self.size.missing  # type: ignore[attr-defined]


class Dynamic(Config):
    size: Param[int]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("twice_"):
            return 2 * getattr(self, name.removeprefix("twice_"))
        raise AttributeError(f"nothing called {name}")


def test_getattr_of_the_class_serves_configurations_that_of_others_does_not() -> None:
    assert Dynamic.C(size=3).twice_size == Dynamic.C(size=3).instance().twice_size == 6
    with pytest.raises(AttributeError, match="nothing called other"):
        Dynamic.C(size=3).other  # noqa: B018
    config: Any = Delegating.C(size=3)
    with pytest.raises(AttributeError, match="has no attribute 'sise'; did you mean 'size'"):
        config.sise  # noqa: B018
    assert not hasattr(config, "inner")


def test_an_error_in_a_property_is_the_one_that_is_seen() -> None:
    with pytest.raises(AttributeError, match="'int' object has no attribute 'missing'"):
        Delegating.C(size=3).broken  # noqa: B018
