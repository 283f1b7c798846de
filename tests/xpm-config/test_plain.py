"""Configurations from plain data and files, and back."""

from __future__ import annotations

import json
import os
from enum import Enum
from pathlib import Path
from typing import Any, Optional, Union

import pytest

from xpm_config import (
    Config,
    Constant,
    DirectoryContext,
    DocumentError,
    EncodingError,
    InstanceConfig,
    Meta,
    Param,
    PathGenerator,
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
