"""Configurations from plain data and files, and back."""

from __future__ import annotations

import json
import os
import random
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Optional, Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xpm_config import (
    ArgumentTypeError,
    Config,
    Constant,
    DirectoryContext,
    DocumentError,
    EncodingError,
    InstanceConfig,
    Meta,
    Param,
    PathGenerator,
    deprecate,
    field,
    from_dict,
    from_file,
    sealed_set,
    to_dict,
    to_file,
)


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Layer(Config):
    size: Param[int]


class Wide(Layer):
    by: Param[float] = field(default=2.0)


class Model(Config):
    layers: Param[list[Layer]]
    first: Param[Optional[Layer]] = field(default=None)
    table: Param[dict[int, str]] = field(default_factory=dict)
    names: Param[set[str]] = field(default_factory=set)
    pair: Param[tuple[int, str]] = field(default=(1, "a"))
    raw: Param[bytes] = field(default=b"")
    color: Param[Color] = field(default=Color.RED)
    either: Param[Union[int, str, list[Layer]]] = field(default=1)
    loose: Param[Any] = field(default=None)
    bag: Param[set[Layer]] = field(default_factory=set)
    where: Meta[Path] = field(default=Path("/a"))
    out: Meta[Path] = field(default_factory=PathGenerator("out"))
    version: Constant[int] = 3


def example() -> Model:
    layer = Layer.C(size=1)
    return Model.C(
        layers=[layer, Wide.C(size=2)],
        first=layer,
        table={1: "a", 2: "b"},
        names={"y", "x"},
        raw=b"\0\1",
        color=Color.BLUE,
        either=[layer],
        loose={"a": [True, 1.5, None], "b": {1: (b"x", {"s"}, Path("/p"), Color.RED)}, "$c": layer},
        bag=sealed_set(Layer.C(size=4)),
    )


def test_a_configuration_is_made_again_from_its_data() -> None:
    config = example()
    data = json.loads(json.dumps(to_dict(config)))
    made = from_dict(Model, data)
    assert made == config
    assert made.__identifier__() == config.__identifier__()
    assert made.first is made.layers[0] is made.loose["$c"]
    assert to_dict(from_dict(Config, data)) == to_dict(config)


def test_the_data_is_readable() -> None:
    model = Model.C(layers=[Layer.C(size=1), Wide.C(size=2)], names={"b", "a"}, table={2: "x"})
    model.seal(DirectoryContext(Path("/job")))
    assert to_dict(model) == {
        "$type": f"{__name__}:Model",
        "layers": [{"size": 1}, {"$type": f"{__name__}:Wide", "size": 2, "by": 2.0}],
        "table": {2: "x"},
        "names": ["a", "b"],
        "pair": [1, "a"],
        "raw": "",
        "color": "RED",
        "either": 1,
        "bag": [],
        "where": "/a",
    }


def test_loops_and_shared_instances() -> None:
    class Node(InstanceConfig):
        links: Param[list[Node]] = field(default_factory=list)

    shared = Node.C()
    root = Node.C(links=[shared, shared, Node.C()])
    shared.links = [root]
    made = from_dict(Node, to_dict(root))
    assert made.links[0] is made.links[1] is not made.links[2]
    assert made.links[0].links[0] is made
    assert made.__identifier__() == root.__identifier__()


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml"])
def test_files(tmp_path: Path, suffix: str) -> None:
    if suffix != ".json":
        pytest.importorskip("yaml")
    config = example()
    file = tmp_path / f"a{suffix}"
    to_file(config, file)
    assert from_file(Model, file) == config
    to_file(Layer.C(size=3), file)
    assert from_file(Config, str(file)) == Layer.C(size=3)
    assert os.listdir(tmp_path) == [file.name]


def test_a_failed_write_leaves_the_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    to_file(Layer.C(size=3), file)
    with pytest.raises(EncodingError, match="cannot be written as plain data"):
        to_file(Model.C(layers=[], loose=object()), file)
    assert from_file(Layer, file).size == 3
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"size": 1, "sise": 2}, "$.sise: {m}.Layer has no argument 'sise'; did you mean 'size'?"),
        ({}, "$: no value for the required 'size' of {m}.Layer"),
        ({"size": "x"}, "$.size: expected int, got str 'x'"),
        ([1], "$: expected the arguments of Layer, got list [1]"),
        ({"$type": "{m}:Model"}, "$.$type: {m}:Model is not a {m}.Layer"),
        ({"$type": 3}, "$.$type: expected module:Class, got int 3"),
        ({"$type": "{m}:Laier"}, "$.$type: {m} has no 'Laier'; did you mean 'Layer'?"),
        ({"$type": "json:loads"}, "$.$type: json:loads is not a configuration class"),
        ({"$type": "Layer"}, "$.$type: expected module:Class, got 'Layer'"),
        ({"$ref": 1}, "$: no object before this one has the $id 1"),
    ],
)
def test_wrong_data(data: Any, message: str) -> None:
    def named(text: str) -> str:
        return text.replace("{m}", __name__)

    if isinstance(data, dict):
        data = {k: named(v) if isinstance(v, str) else v for k, v in data.items()}
    with pytest.raises(DocumentError) as raised:
        from_dict(Layer, data)
    assert str(raised.value) == named(message)
    assert raised.value.__suppress_context__


def test_places_in_nested_data() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"layers": [{"size": 1}, {"size": []}]}, "$.layers[1].size: expected int, got list []"),
        ({"layers": [], "color": "RAD"}, "$.color: Color has no member 'RAD'; did you mean 'RED'?"),
        ({"layers": [], "pair": [1]}, "$.pair: expected tuple[int, str], got 1 elements"),
        ({"layers": [], "raw": "?"}, "$.raw: expected bytes in base64, got str '?'"),
        ({"layers": [], "table": {"x": "a"}}, "$.table.x: expected int, got str 'x'"),
        ({"layers": [], "either": [{"size": "x"}]}, "$.either[0].size: expected int, got str 'x'"),
        ({"layers": [], "names": {"a": 1}}, "$.names: expected set[str] (a list), got dict"),
        ({"layers": [], "version": 4}, "is a constant"),
    ]
    for data, message in cases:
        with pytest.raises(DocumentError) as raised:
            from_dict(Model, data)
        assert message in str(raised.value)
    with pytest.raises(DocumentError, match="name it under '\\$type'"):
        from_dict(Config, {"size": 1})


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('{\n "layers": [\n  {"size": 1},\n  {"size":\n   "x"}\n ]\n}', 4, "$.layers[1].size"),
        ('{"layers": [],\n\n "pairs": 1}', 3, "$.pairs"),
        ('{"first": {"size": 1},\n "layers": [{"size": [\n1]}]}', 2, "$.layers[0].size"),
        ('{\n"layers": [}', 2, "not JSON: Expecting value"),
        ('{"layers": [],\n "$version": 99}', 2, "expected a version up to 1, got 99"),
        ('{"first": {"size": 1}}', 1, "no value for the required 'layers'"),
    ],
)
def test_wrong_json_files(tmp_path: Path, text: str, line: int, message: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(DocumentError) as raised:
        from_file(Model, file)
    assert str(raised.value).startswith(f"{file}:{line}: ")
    assert message in str(raised.value)


def test_wrong_yaml_files(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    file = tmp_path / "a.yaml"
    for text, line, message in [
        ("layers:\n - size: 1\n - size: x\n", 3, "$.layers[1].size: expected int, got str 'x'"),
        ("layers: []\n\npairs: 1\n", 3, "has no argument 'pairs'; did you mean 'pair'?"),
        ("layers: [\n", 2, "not YAML"),
    ]:
        file.write_text(text)
        with pytest.raises(DocumentError) as raised:
            from_file(Model, file)
        assert str(raised.value).startswith(f"{file}:{line}: ")
        assert message in str(raised.value)


def test_keys_given_twice(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"size": 1, "size": 2}')
    with pytest.raises(DocumentError, match="'size' is given twice"):
        from_file(Layer, file)


def test_other_suffixes(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="expected a file named"):
        to_file(Layer.C(size=1), tmp_path / "a.txt")


class Link(Config):
    size: Param[int] = field(default=0)
    below: Param[Optional[Link]] = field(default=None)
    either: Param[Union[int, Link, list[Link]]] = field(default=1)
    loose: Param[Any] = field(default=None)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("argument", ["below", "either", "list"])
def test_long_chains(argument: str) -> None:
    chain = Link.C()
    for _ in range(20_000 if argument == "below" else 4_000):
        given: dict[str, Any] = {argument: chain}
        chain = Link.C(either=[chain]) if argument == "list" else Link.C(**given)
    data = to_dict(chain)
    assert from_dict(Link, data) == chain


def test_data_that_nests_deeply_is_read_or_refused(tmp_path: Path) -> None:
    for data, message in [
        ({"loose": nested(20_000)}, "expected a value that nests at most 100 containers"),
        ({"size": nested(20_000)}, "expected int, got list [[[[[...]]]]]"),
        ({"either": nested(20_000)}, "expected the arguments of Link, got list [[[[[...]]]]]"),
        (nested(20_000), "$: expected the arguments of Link"),
    ]:
        with pytest.raises(DocumentError) as raised:
            from_dict(Link, data)
        assert message in str(raised.value)
    file = tmp_path / "deep.json"
    file.write_text('{"loose": ' + "[" * 100_000 + "]" * 100_000 + "}")
    with pytest.raises(DocumentError, match=r"deep\.json: nested too deeply for a file"):
        from_file(Link, file)
    chain = Link.C()
    for _ in range(20_000):
        chain = Link.C(below=chain)
    with pytest.raises(EncodingError, match="nested too deeply for a file"):
        to_file(chain, file)


def test_data_that_holds_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["below"] = data
    loose: list[Any] = []
    loose.append(loose)
    for wrong in (data, {"loose": loose}):
        with pytest.raises(DocumentError, match=r"the data holds itself; .*'\$id' and '\$ref'"):
            from_dict(Link, wrong)
    with pytest.raises(ArgumentTypeError, match="nests at most 100 containers"):
        Link.C(loose=loose)


class Shade(str, Enum):
    DARK = "dark"


class Keyed(Config):
    pairs: Param[dict[tuple[int, int], Layer]] = field(default_factory=dict)
    mixed: Param[dict[Union[int, str], int]] = field(default_factory=dict)
    loose: Param[dict[Any, Any]] = field(default_factory=dict)
    texts: Param[dict[str, str]] = field(default_factory=dict)
    flags: Param[dict[bool, float]] = field(default_factory=dict)
    maybe: Param[dict[Optional[int], int]] = field(default_factory=dict)
    colors: Param[dict[Color, list[Optional[bytes]]]] = field(default_factory=dict)
    shade: Param[Union[Shade, int]] = field(default=1)
    one_of: Param[Literal["a", b"b"]] = field(default="a")


def test_keys_and_values_that_json_does_not_have() -> None:
    keyed = Keyed.C(
        pairs={(1, 2): Wide.C(size=1)},
        mixed={1: 1, "1": 2},
        loose={1: "a", "1": {"$set": [1]}, None: (1,), (2, 3): {"$type": "x"}},
        texts={"$type": "not a class", "$ref": "neither"},
        flags={True: float("inf")},
        maybe={None: 1, 2: 3},
        colors={Color.RED: [b"\0", None]},
        shade=Shade.DARK,
        one_of=b"b",
    )
    data = json.loads(json.dumps(to_dict(keyed)))
    made = from_dict(Keyed, data)
    assert made == keyed
    assert made.__identifier__() == keyed.__identifier__()
    assert made.shade is Shade.DARK


def test_objects_are_named_in_the_order_of_the_document() -> None:
    made = from_dict(
        Link, {"either": {"$id": 7, "$type": f"{__name__}:Link"}, "below": {"$ref": 7}}
    )
    assert made.below is made.either
    with pytest.raises(DocumentError, match="no object before this one"):
        from_dict(Link, {"below": {"$ref": 7}, "either": {"$id": 7}})
    with pytest.raises(DocumentError, match=r"\$\.below\.below\.\$id: the \$id 1 is given twice"):
        from_dict(Link, {"below": {"$id": 1, "below": {"$id": 1}}})
    # what a member of a union has read before it failed does not count
    union = {"below": None, "either": [{"$id": 1}, {"$ref": 1}]}
    made = from_dict(Link, union)
    assert isinstance(made.either, list)
    assert made.either[0] is made.either[1]


def test_sets_are_written_in_one_order() -> None:
    layers = [Layer.C(size=size) for size in range(20)]
    first = to_dict(Model.C(layers=[], bag=sealed_set(*layers)))["bag"]
    identifiers = [str(from_dict(Layer, data).__identifier__()) for data in first]
    assert identifiers == sorted(identifiers)


def test_deprecated_classes_and_arguments() -> None:
    data = {"$type": f"{__name__}:Replaced", "width": 3}
    with pytest.warns(DeprecationWarning, match="Replaced is deprecated"):
        assert from_dict(Config, data) == Layer.C(size=3)
    with pytest.warns(DeprecationWarning, match="the argument 'number'"):
        assert from_dict(Renamed, {"number": 4}).size == 4
    with pytest.raises(DocumentError, match="no value for the required 'size'"):
        from_dict(Renamed, {})


@deprecate(Layer, replace=True)
class Replaced(Config):
    width: Param[int]

    def __convert__(self) -> Layer:
        return Layer.C(size=self.width)


class Renamed(Config):
    size: Param[int]

    @deprecate
    def number(self, value: int) -> None:
        self.size = value


def _random_data(rng: random.Random, depth: int) -> Any:
    names = ["layers", "first", "table", "names", "pair", "raw", "color", "either", "loose", "bag"]
    names += ["where", "size", "$type", "$id", "$ref", "$set", "$tuple", "$dict", "$path", "$enum"]
    names += ["$bytes", "$version", "by"]
    leaves = [None, 1, 1.5, True, "x", "RED", "1", f"{__name__}:Layer", f"{__name__}:Color.RED"]
    leaves += [":", "x:y", ".x:y", "json:loads", f"{__name__}:", "YQ==", "\ud800", float("nan")]
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        return rng.choice(leaves)
    if kind < 0.55:
        return [_random_data(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    chosen = rng.sample(names, rng.randint(0, 3))
    return {name: _random_data(rng, depth - 1) for name in chosen}


def test_whatever_the_data_is_the_error_is_of_the_document() -> None:
    for seed in range(3_000):
        print("seed", seed)
        rng = random.Random(seed)
        data = {"layers": [], **{k: v for k, v in [("first", {"size": 1})] if rng.random() < 0.3}}
        data[rng.choice(list(Model.__xpmtype__.arguments))] = _random_data(rng, 4)
        try:
            made = from_dict(Model, data)
        except DocumentError:
            continue
        assert isinstance(made, Model)
        to_dict(made)


def test_files_that_are_no_text_or_no_data(tmp_path: Path) -> None:
    json_file = tmp_path / "a.json"
    for content, message in [
        (b'{"size": "\xff"}', "not UTF-8"),
        (b'{"size": ' + b"1" * 5_000 + b"}", "Exceeds the limit|expected|digits"),
    ]:
        json_file.write_bytes(content)
        with pytest.raises(DocumentError, match=message):
            from_file(Layer, json_file)
    json_file.write_bytes(b'\xef\xbb\xbf{"size": 1}')
    assert from_file(Layer, json_file).size == 1
    pytest.importorskip("yaml")
    yaml_file = tmp_path / "a.yaml"
    for text, message in [
        ("size: 1\nsize: 2\n", r"a\.yaml:2: the key 'size' is given twice"),
        ("size: 2026-99-99\n", "not YAML: month must be in"),
        ("loose: &a [*a]\n", "the data holds itself"),
        ("size: " + "[" * 3_000 + "]" * 3_000, "nested too deeply"),
        ("", "expected the arguments of Link, got NoneType None"),
    ]:
        yaml_file.write_text(text)
        with pytest.raises(DocumentError, match=message):
            from_file(Link, yaml_file)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.sampled_from(["$type", "$id", "$set", "$dict", Color.RED, Shade.DARK, Path("/a"), b"\0"]),
)
hashable = st.one_of(scalars, st.tuples(scalars, scalars), st.frozensets(scalars, max_size=2))
loose = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.sets(hashable, max_size=3),
        st.dictionaries(hashable, inner, max_size=3),
        st.builds(lambda value: Link.C(loose=value), inner),
    ),
    max_leaves=8,
)


@given(loose)
@settings(max_examples=150, deadline=None, print_blob=True)
def test_any_value_comes_back(value: Any) -> None:
    link = Link.C(loose=value)
    made = from_dict(Link, json.loads(json.dumps(to_dict(link))))
    assert made.__identifier__() == link.__identifier__()
    assert to_dict(made) == to_dict(link)
