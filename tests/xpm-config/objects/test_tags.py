"""Tags."""

from __future__ import annotations

from typing import Any

import pytest

from xpm_config import Config, Param, field, mark_output, stop_tags, tag, tags, tagspath, walk


class Model(Config):
    size: Param[int]
    rate: Param[float] = field(default=0.1)


class Learn(Config):
    model: Param[Model]
    models: Param[list[Model]] = field(default_factory=list)
    epochs: Param[int] = field(default=1)


def test_tags_propagate_upwards() -> None:
    learn = Learn.C(
        model=Model.C(size=tag(3)), epochs=tag(2), models=[Model.C(size=1, rate=tag(0.5))]
    )
    assert tags(learn) == learn.tags() == {"size": 3, "epochs": 2, "rate": 0.5}
    assert learn.model.size == 3
    assert tagspath(learn) == "epochs=2_rate=0.5_size=3"


def test_tags_by_name_return_the_configuration() -> None:
    model = Model.C(size=1)
    assert model.tag("a/b", "c/d").tag("n", -1.0) is model
    assert model.tags() == {"a/b": "c/d", "n": -1.0}
    assert tagspath(model) == "a-b=c-d_n=-1.0"


def test_stop_tags() -> None:
    model = Model.C(size=tag(3))
    assert tags(Learn.C(model=stop_tags(model), epochs=tag(1))) == {"epochs": 1}
    assert tags(Learn.C(model=stop_tags(tag(model)))) == {"model": model}
    assert tags(Learn.C(model=tag(model))) == {"model": model, "size": 3}


def test_the_outer_of_two_values_wins_with_a_warning() -> None:
    learn = Learn.C(model=Model.C(size=1).tag("k", 1)).tag("k", 2)
    with pytest.warns(UserWarning, match=r"conflicting .*'k'.*test_tags.py:\d+.*test_tags.py:\d+"):
        assert tags(learn) == {"k": 2}
    both = Learn.C(model=Model.C(size=1).tag("k", 1), models=[Model.C(size=2).tag("k", 3)])
    with pytest.warns(UserWarning, match="conflicting"):
        assert tags(both) == {"k": 3}
    assert tags(Learn.C(model=Model.C(size=1).tag("k", 2)).tag("k", 2)) == {"k": 2}


def test_tags_of_producers_and_init_tasks() -> None:
    task = Learn.C(model=Model.C(size=1), epochs=tag(7))
    output = Model.C(size=2)
    mark_output(output, task)
    holder = Learn.C(model=output)
    holder.__xpm__.init_tasks.append(Model.C(size=3, rate=tag(0.2)))
    assert tags(holder) == {"epochs": 7, "rate": 0.2}


def test_tags_in_loops_and_in_shared_parts_are_met_once() -> None:
    class Node(Config):
        links: Param[list[Node]] = field(default_factory=list)

    root = node = Node.C().tag("depth", 0)
    for _ in range(60):
        below = Node.C()
        node.links = [below, below]
        node = below
    node.links = [root]
    node.tag("leaf", True)
    assert tags(root) == {"depth": 0, "leaf": True}
    root.seal()
    for part in walk(root):
        part.tags()
    assert tags(root) == {"depth": 0, "leaf": True}


def test_tags_of_sealed_configurations_can_still_grow() -> None:
    model: Any = Model.C(size=1)
    model.seal()
    assert model.tags() == {}
    model.tag("late", 1)
    assert model.tags() == {"late": 1}
