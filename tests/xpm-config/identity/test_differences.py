"""Why two configurations have different identifiers."""

from __future__ import annotations

from typing import Any, Optional

from xpm_config import (
    ABSENT,
    Config,
    InstanceConfig,
    Meta,
    Param,
    differences,
    explain,
    field,
    mark_output,
    setmeta,
)


class Model(Config):
    size: Param[int]
    layers: Param[list[int]] = field(default_factory=list)


class Learn(Config):
    model: Param[Model]
    models: Param[list[Model]] = field(default_factory=list)
    table: Param[dict[str, Any]] = field(default_factory=dict)
    names: Param[set[str]] = field(default_factory=set)
    rate: Param[float] = field(default=0.1, ignore_default=True)
    other: Param[Optional[Model]] = field(default=None)
    note: Meta[str] = field(default="")


def test_differences_are_paths_with_both_values() -> None:
    first = Learn.C(
        model=Model.C(size=1),
        models=[Model.C(size=1), Model.C(size=2)],
        table={"a": 1, "b": True},
        names={"x", "y"},
        note="one",
    )
    second = Learn.C(
        model=Model.C(size=2, layers=[1]),
        models=[Model.C(size=1), Model.C(size=3), Model.C(size=5)],
        table={"a": 1, "b": 1, "c": 2},
        names={"x", "z"},
        rate=0.2,
        note="two",
    )
    found = {d.path: (d.first, d.second) for d in differences(first, second)}
    assert found == {
        "model.layers[0]": (ABSENT, 1),
        "model.size": (1, 2),
        "models[1].size": (2, 3),
        "models[2]": (ABSENT, Model.C(size=5)),
        "names['y']": ("y", ABSENT),
        "names['z']": (ABSENT, "z"),
        "rate": (ABSENT, 0.2),
        "table['b']": (True, 1),
        "table['c']": (ABSENT, 2),
    }
    assert explain(first, second).splitlines()[0] == "model.layers[0]: (absent) ≠ 1"


def test_what_does_not_count_is_no_difference() -> None:
    first = Learn.C(model=Model.C(size=1), rate=0.1, note="a")
    second = Learn.C(model=Model.C(size=1), models=[setmeta(Model.C(size=9), True)], note="b")
    assert differences(first, second) == []
    assert explain(first, second).startswith("no difference that counts")


def test_other_classes_producers_and_absent_parts() -> None:
    class Bigger(Model):
        pass

    def path(first: Any, second: Any) -> list[str]:
        return [d.path for d in differences(first, second)]

    base = Learn.C(model=Model.C(size=1))
    assert path(base, Learn.C(model=Bigger.C(size=1))) == ["model"]
    assert path(base, Learn.C(model=Model.C(size=1), other=Model.C(size=1))) == ["other"]
    produced = Model.C(size=1)
    mark_output(produced, Learn.C(model=Model.C(size=7)))
    assert path(base, Learn.C(model=produced)) == ["model.(task)"]
    with_init = base.copy()
    with_init.__xpm__.init_tasks.append(Model.C(size=1))
    assert path(base, with_init) == ["(init task 0)"]


def test_sharing_is_a_difference_of_instances() -> None:
    class Weights(InstanceConfig):
        n: Param[int] = field(default=1)

    class Pair(Config):
        a: Param[Weights]
        b: Param[Weights]

    weights = Weights.C()
    found = differences(Pair.C(a=weights, b=weights), Pair.C(a=weights, b=Weights.C()))
    assert [d.path for d in found] == ["(sharing)"]


def test_long_chains_and_loops() -> None:
    class Node(Config):
        link: Param[Optional[Node]] = field(default=None)
        n: Param[int] = field(default=0)

    def chain(last: int) -> Node:
        node = Node.C(n=last)
        for _ in range(3000):
            node = Node.C(link=node)
        return node

    (found,) = differences(chain(1), chain(2))
    assert found.path == ".".join(["link"] * 3000 + ["n"])
    one, other = Node.C(n=1), Node.C(n=2)
    one.link, other.link = one, other
    assert [d.path for d in differences(one, other)] == ["n"]
