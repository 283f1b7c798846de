"""Configurations as data, and back."""

from __future__ import annotations

import json
import math
import random
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from serialized.models import (
    LOG,
    Access,
    Activation,
    Anything,
    Bag,
    Box,
    Chain,
    Layer,
    Learn,
    Loop,
    Model,
    Outer,
    Pair,
    Seed,
    Typed,
    Watched,
    Weights,
)
from serialized.tasks import submit

from xpm_config import Config, mark_output, sealed_set, setmeta, stop_tags, tag, tags
from xpm_serialize import (
    NotSerializableError,
    SerializationContext,
    from_state_dict,
    load_objects,
    state_dict,
)


def through_json(obj: Any) -> Any:
    """The state of an object, as a file would give it back."""
    return json.loads(json.dumps(state_dict(SerializationContext(), obj), allow_nan=False))


def there_and_back(obj: Any, **options: Any) -> Any:
    return from_state_dict(through_json(obj), **options)


def a_model() -> Any:
    layer = Layer.C(size=3, activation=Activation.GELU)
    return Model.C(layers=[layer, layer, Layer.C(size=4)], named={"a": layer}, rate=0.25)


def test_a_configuration_comes_back_equal() -> None:
    model = a_model()
    loaded = there_and_back(model)
    assert loaded == model
    assert loaded.__identifier__() == model.__identifier__()
    assert not loaded.__xpm__.sealed


def test_sharing_is_kept() -> None:
    model = a_model()
    for as_instance in (False, True):
        loaded, other = there_and_back([model, model.layers[0]], as_instance=as_instance)
        assert loaded.layers[0] is loaded.layers[1] is loaded.named["a"] is other
        assert loaded.layers[2] is not other


def test_instances_are_value_objects() -> None:
    instance = there_and_back(a_model(), as_instance=True)
    assert type(instance) is Model
    assert [type(layer) for layer in instance.layers] == [Layer] * 3
    assert vars(instance) == {
        "layers": instance.layers,
        "named": instance.named,
        "rate": 0.25,
        "limit": None,
        "version": "1",
        "note": "",
    }


def test_the_record_is_what_others_read() -> None:
    state = through_json(Layer.C(size=3))
    assert state == {
        "objects": [
            {
                "id": 1,
                "module": "serialized.models",
                "type": "Layer",
                "typename": "serialized.models.Layer",
                "identifier": str(Layer.C(size=3).__identifier__()),
                "fields": {
                    "size": 3,
                    "activation": {
                        "type": "enum",
                        "module": "serialized.models",
                        "enum": "Activation",
                        "value": "RELU",
                    },
                },
            }
        ],
        "data": {"type": "python", "value": 1},
    }


def test_what_is_held_comes_first() -> None:
    state = through_json([a_model(), a_model()])
    seen: set[int] = set()
    for record in state["objects"]:
        found = re.findall(r'"type": "python", "value": (\d+)', json.dumps(record["fields"]))
        assert seen.issuperset(map(int, found))
        seen.add(record["id"])
    assert len(seen) == len(state["objects"]) == 6


def test_held_by_the_first_and_given_second() -> None:
    model = a_model()
    state = through_json([model, model.layers[0]])
    order = [record["type"] for record in state["objects"]]
    assert order == ["Layer", "Layer", "Model"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**63,
        -(2**200),
        1.5,
        -0.0,
        math.inf,
        -math.inf,
        "",
        "\x00\t\ud800 é",
        b"",
        b"\x00\xff",
        [],
        [1, "a", None, [2.5]],
        (),
        (1, ("a", [2])),
        set(),
        {1, 2},
        {"a", 1, None},
        frozenset({1}),
        {},
        {"a": {"b": [1]}},
        {"type": "python", "value": 1},
        {"type": 3},
        {1: "a", "1": "b", None: (1, 2)},
        {(1, 2): {3}},
        Activation.RELU,
        Access.READ,
        Access.READ | Access.WRITE,
        Access(0),
        Path("/some/where"),
        Path("relative"),
        {"path": [Path("a")]},
    ],
    ids=repr,
)
def test_values(value: Any) -> None:
    loaded = there_and_back(Anything.C(value=value))
    assert loaded.value == value
    assert type(loaded.value) is type(value)
    assert there_and_back(Anything.C(value=value), as_instance=True).value == value
    assert there_and_back([value, "x"]) == [value, "x"]


def test_not_a_number() -> None:
    assert math.isnan(there_and_back([math.nan])[0])


def test_typed_containers() -> None:
    typed = Typed.C(labels={"a", "b"}, table={1: "x", 10: "y"}, pair=(1, "z"), places=[Path("/p")])
    assert there_and_back(typed) == typed
    instance = there_and_back(typed, as_instance=True)
    assert instance.table == {1: "x", 10: "y"}
    assert instance.pair == (1, "z")


def test_sets_are_written_in_one_order() -> None:
    words = [f"word {index}" for index in range(50)]
    states = set()
    for seed in range(3):
        print("seed", seed)
        random.Random(seed).shuffle(words)
        states.add(json.dumps(through_json(Anything.C(value=set(words)))))
    assert len(states) == 1


def test_loops() -> None:
    loop = Loop.C(value=1)  # type: ignore[call-arg] # the loop is closed below
    loop.other = Loop.C(value=2, other=Loop.C(value=3, other=loop))
    for as_instance in (False, True):
        loaded = there_and_back(loop, as_instance=as_instance)
        assert loaded.other.other.other is loaded
        assert [loaded.value, loaded.other.value, loaded.other.other.value] == [1, 2, 3]
    assert there_and_back(loop).__identifier__() == loop.__identifier__()


def test_instances_that_are_told_apart() -> None:
    one = Weights.C()
    pairs = [Pair.C(first=one, second=one), Pair.C(first=one, second=Weights.C())]
    loaded = there_and_back(pairs)
    assert [pair.__identifier__() for pair in loaded] == [pair.__identifier__() for pair in pairs]


def test_a_set_of_configurations() -> None:
    bag = Bag.C(items=sealed_set(Layer.C(size=1), Layer.C(size=2)))
    loaded = there_and_back(bag)
    assert sorted(layer.size for layer in loaded.items) == [1, 2]
    assert loaded.__identifier__() == bag.__identifier__()
    instance = there_and_back(bag, as_instance=True)
    assert sorted(layer.size for layer in instance.items) == [1, 2]


def test_a_set_of_what_tasks_have_produced(tmp_path: Path) -> None:
    task = submit(Learn.C(model=a_model()), tmp_path, write=False)
    layer = Layer.C(size=7)
    mark_output(layer, task)
    bag = Bag.C(items=sealed_set(layer, Layer.C(size=2)))
    loaded = there_and_back(bag)
    assert loaded.__identifier__() == bag.__identifier__()
    (produced,) = [layer for layer in loaded.items if layer.size == 7]
    assert isinstance(produced.__xpm__.task, Learn)


def test_generic_and_nested_classes() -> None:
    box: Any = Box.C(content=3)  # type: ignore[arg-type] # not known to mypy
    assert there_and_back(box).content == 3
    inner = Outer.Inner.C(x=1)
    assert there_and_back(inner) == inner
    assert type(there_and_back(inner, as_instance=True)) is Outer.Inner


def test_flags() -> None:
    model = a_model()
    model.layers[0].__xpm__.set_meta(True)
    model.layers[2].__xpm__.set_meta(False)
    loaded = there_and_back(model)
    assert [layer.__xpm__.meta for layer in loaded.layers] == [True, True, False]
    assert loaded.__identifier__() == model.__identifier__()
    assert there_and_back(setmeta(Layer.C(size=1), True)).__xpm__.meta is True


def test_tags() -> None:
    layer = Layer.C(size=tag(3))
    stopped = Layer.C(size=tag(5)).tag("more", "x")
    model = Model.C(layers=[layer], named=stop_tags({"s": stopped}), rate=tag(0.125))
    loaded = there_and_back(model)
    assert tags(loaded) == tags(model) == {"size": 3, "rate": 0.125}
    assert tags(loaded.named["s"]) == {"size": 5, "more": "x"}


def test_producers_and_init_tasks(tmp_path: Path) -> None:
    model = a_model()
    seed = Seed.C(value=3)
    learn = submit(Learn.C(model=model, epochs=tag(4)), tmp_path, [seed], write=False)
    mark_output(model, learn)
    loaded = there_and_back(model)
    task = loaded.__xpm__.task
    assert task.model is loaded
    assert task.__xpm__.task is task
    assert [init.value for init in task.__xpm__.init_tasks] == [3]
    assert task.out == learn.out
    assert loaded.__identifier__() == model.__identifier__()
    assert task.__identifier__() == learn.__identifier__()
    assert tags(loaded) == {"epochs": 4}


def test_partial_loading_leaves_producers_out(tmp_path: Path) -> None:
    model = a_model()
    learn = submit(Learn.C(model=model), tmp_path, write=False)
    mark_output(model, learn)
    loaded = there_and_back(model, partial_loading=True)
    stub = loaded.__xpm__.task
    assert not isinstance(stub, Config)
    assert stub.identifier == str(learn.__identifier__())
    assert stub.typename == "serialized.models.Learn"
    assert loaded.__identifier__() == model.__identifier__()
    # its tags are not known, and do not hinder
    assert tags(loaded) == {}
    # ... and a stub can be written again
    again = there_and_back(loaded)
    assert again.__xpm__.task.identifier == stub.identifier
    assert again.__identifier__() == model.__identifier__()


def test_a_task_that_was_not_submitted() -> None:
    learn = Learn.C(model=a_model())
    loaded = there_and_back(learn)
    assert loaded.__xpm__.task is None
    assert loaded.__identifier__() == learn.__identifier__()
    loaded.epochs = 3


def test_a_copy_of_what_was_loaded_gets_its_own_paths(tmp_path: Path) -> None:
    learn = submit(Learn.C(model=a_model()), tmp_path / "a", write=False)
    loaded = there_and_back(learn)
    assert loaded.out == learn.out
    copy = submit(loaded.copy(), tmp_path / "b", write=False)
    assert copy.out.is_relative_to(tmp_path / "b")


def test_constants_keep_the_value_they_had() -> None:
    state = through_json(a_model())
    state["objects"][-1]["fields"]["version"] = "0.9"
    assert from_state_dict(state).version == "0.9"
    assert from_state_dict(state, as_instance=True).version == "0.9"


def test_arguments_added_since_have_their_default() -> None:
    state = through_json(a_model())
    for name in ("rate", "named", "limit", "version"):
        del state["objects"][-1]["fields"][name]
    for as_instance in (False, True):
        loaded = from_state_dict(state, as_instance=as_instance)
        assert (loaded.rate, loaded.named, loaded.limit, loaded.version) == (0.5, {}, None, "1")


def test_the_order_of_making() -> None:
    make: Any = Watched.C  # its own __init__ hides the arguments from type checkers
    first, second = make(name="first"), make(name="second")
    outer = make(name="outer", held=[first, second, first])
    LOG.clear()
    there_and_back(outer, as_instance=True)
    ours = list(LOG)
    LOG.clear()
    outer.instance()
    assert ours == LOG
    assert ours.index("post first []") < ours.index("post outer ['first', 'second', 'first']")


def test_classes_are_not_made_for_what_is_not_asked_for(tmp_path: Path) -> None:
    make: Any = Watched.C
    state = through_json([make(name="asked"), make(name="other")])
    state["data"] = state["data"][0]
    LOG.clear()
    from_state_dict(state, as_instance=True)
    assert LOG == ["init asked", "post asked []"]


def test_depth_costs_no_recursion() -> None:
    chain = None
    for number in range(5000):
        chain = Chain.C(number=number, before=chain)
        mark_output(chain, chain)
    for as_instance in (False, True):
        loaded = there_and_back(chain, as_instance=as_instance)
        for number in reversed(range(5000)):
            assert loaded.number == number
            loaded = loaded.before
        assert loaded is None


@pytest.mark.parametrize("value", [object(), 3j, lambda: None, range(3)])
def test_what_has_no_form(value: Any) -> None:
    with pytest.raises(NotSerializableError, match="cannot write a value of type"):
        state_dict(SerializationContext(), {"a": [value]})
    config = Anything.C(value=3)
    config.__xpm__.values["value"] = value
    with pytest.raises(TypeError) as error:
        state_dict(SerializationContext(), config)
    assert "serialized.models.Anything.value (made at" in str(error.value)
    assert "test_data.py:" in str(error.value)


def test_values_nested_beyond_reason() -> None:
    value: list[Any] = []
    for _ in range(sys.getrecursionlimit() * 2):
        value = [value]
    with pytest.raises(NotSerializableError, match="nested this deeply"):
        state_dict(SerializationContext(), [value])


def test_all_objects_of_a_list() -> None:
    records = through_json(a_model())["objects"]
    loaded = load_objects(records)
    assert sorted(loaded) == [1, 2, 3]
    assert loaded[1] == a_model()
    assert type(load_objects(records, as_instance=True)[2]) is Layer
