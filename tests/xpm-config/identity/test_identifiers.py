"""Identifiers: the frozen vectors, and independence from what was sealed before."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import struct
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import pytest

import xpm_config
from xpm_config import (
    Config,
    DirectoryContext,
    InstanceConfig,
    Meta,
    Param,
    PathGenerator,
    deprecate,
    field,
    mark_output,
    param_group,
    partial,
    sealed_set,
    setmeta,
    tag,
)

DATA = Path(__file__).parents[2] / "data" / "identifiers"
VECTORS: dict[str, str] = json.loads((DATA / "identifiers.json").read_text())


class LightweightTask(Config):
    pass


class Task(LightweightTask):
    """What submission does to a configuration, without a scheduler."""

    __xpm_task__ = True

    def task_outputs(self, dep: Any) -> Any:
        return dep(self)

    def submit(self, *, init_tasks: Any = (), **_: Any) -> Any:
        information = self.__xpm__
        information.init_tasks = list(init_tasks)
        mark_output(self, self)
        information.seal(DirectoryContext(Path("/job")))

        def dep(config: Any) -> Any:
            mark_output(config, self)
            return config

        return self.task_outputs(dep)


@contextmanager
def _experiment(*_: Any, **__: Any) -> Iterator[None]:
    yield


@pytest.fixture(scope="module")
def cases() -> Iterator[dict[str, Any]]:
    """The configurations of the vectors, made with this package alone."""
    api = types.ModuleType("experimaestro")
    for name in xpm_config.__all__:
        setattr(api, name, getattr(xpm_config, name))
    vars(api).update(
        Task=Task,
        LightweightTask=LightweightTask,
        RunMode=types.SimpleNamespace(DRY_RUN=None),
        experiment=_experiment,
    )
    spec = importlib.util.spec_from_file_location("identifier_vectors", DATA / "definitions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "experimaestro", api)
        patch.setitem(sys.modules, "identifier_vectors", module)
        spec.loader.exec_module(module)
        with pytest.warns(DeprecationWarning, match="is deprecated"):
            yield module.cases()


def test_there_are_63_vectors() -> None:
    assert len(VECTORS) == 63


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_vector(name: str, cases: dict[str, Any]) -> None:
    assert str(cases[name].__identifier__()) == VECTORS[name]


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_vector_of_a_sealed_configuration(name: str, cases: dict[str, Any]) -> None:
    config = cases[name]
    for part in list(xpm_config.walk(config))[::-1]:
        part.__xpm__.seal(DirectoryContext(Path("/other")))
        assert part.__identifier__() == part.__identifier__()
    assert str(config.__identifier__()) == VECTORS[name]


# --- against a plain transcription of the rules


class Node(Config):
    __xpmid__ = "t.node"
    links: Param[list["Node"]]
    value: Param[int] = field(default=0)


class Instance(Node, InstanceConfig):
    __xpmid__ = "t.instance"


def transcribed(root: Any) -> str:
    """The identifier by the letter of the rules: recursive, nothing remembered."""
    positions: dict[bytes, list[Any]] = {}

    def identify(node: Any, path: list[Any]) -> bytes:
        path = [*path, node]
        parts = [b"\0", node.__xpm__.xpmtype.identifier.encode()]
        parts.append(b"\x03links\x05\x07" + struct.pack("!d", len(node.links)))
        for child in node.links:
            if any(child is other for other in path):
                depth = next(i for i, other in enumerate(path) if other is child)
                parts.append(b"\0\x0b" + struct.pack("!q", len(path) - depth))
                continue
            found = identify(child, path)
            parts.append(b"\0" + found)
            if isinstance(child, InstanceConfig):
                met = positions.setdefault(found, [])
                if not any(child is other for other in met):
                    met.append(child)
                position = next(i for i, other in enumerate(met) if other is child)
                if position:
                    parts.append(b"\x0d" + struct.pack("!q", position))
        parts.append(b"\x03value\x05\x01" + struct.pack("!q", node.value))
        return hashlib.sha256(b"".join(parts)).digest()

    return identify(root, []).hex()


def _random_graph(rng: random.Random, loops: bool, instances: bool) -> list[Any]:
    nodes: list[Any] = []
    for index in range(rng.randint(2, 7)):
        cls = Instance if instances and rng.random() < 0.4 else Node
        links = rng.sample(nodes, rng.randint(0, min(3, len(nodes))))
        nodes.append(cls.C(links=links, value=rng.randint(0, 1) if index else 0))
    if loops:
        for _ in range(rng.randint(1, 3)):
            source, target = rng.choice(nodes), rng.choice(nodes)
            source.links = [*source.links, target]
    return nodes


@pytest.mark.parametrize("loops", [False, True])
@pytest.mark.parametrize("instances", [False, True])
def test_random_graphs(loops: bool, instances: bool) -> None:
    for seed in range(150):
        rng = random.Random(seed)
        print("seed", seed)
        nodes = _random_graph(rng, loops, instances)
        expected = [transcribed(node) for node in nodes]
        order = list(range(len(nodes)))
        rng.shuffle(order)
        # in one computation
        together = xpm_config.identifiers([nodes[index] for index in order])
        assert list(map(str, together)) == [expected[index] for index in order]
        # whatever was sealed and identified before, in whatever order
        for index in order:
            assert str(nodes[index].__identifier__()) == expected[index]
            if rng.random() < 0.5:
                nodes[index].seal()
        for index in order:
            assert str(nodes[index].__identifier__()) == expected[index]


def test_a_ladder_with_a_loop_takes_no_exponential_time() -> None:
    root = node = Node.C(links=[])
    for _ in range(64):
        below = Node.C(links=[])
        node.links = [below, below]
        node = below
    node.links = [root]
    assert len(str(root.__identifier__())) == 64


def test_long_chains_need_no_recursion() -> None:
    node = Node.C(links=[])
    for _ in range(20_000):
        node = Node.C(links=[node])
    node.seal()
    assert node.__identifier__() == node.copy().__identifier__()
    assert node.instance().links[0].value == 0
    assert node.tags() == {}
    assert node == node.copy()
    instance = Instance.C(links=[])
    for _ in range(5_000):
        instance = Instance.C(links=[instance])
    assert len(str(instance.__identifier__())) == 64


# --- what counts


class Sub(Config):
    x: Param[int] = field(default=1)


class Holder(Config):
    sub: Param[Sub]
    note: Meta[str] = field(default="")
    out: Meta[Path] = field(default_factory=PathGenerator("out"))
    paths: Param[list[Path]] = field(default_factory=list)
    mixed: Param[dict[str, Path]] = field(default_factory=dict)


def test_what_does_not_count() -> None:
    base = Holder.C(sub=Sub.C()).__identifier__()
    assert Holder.C(sub=Sub.C(), note="n").__identifier__() == base
    assert Holder.C(sub=Sub.C(), paths=[Path("/a")]).__identifier__() == base
    assert Holder.C(sub=tag(Sub.C(x=tag(1)))).__identifier__() == base
    assert Holder.C(sub=Sub.C(), out=Path("/z")).__identifier__() == base
    assert Holder.C(sub=Sub.C(x=2)).__identifier__() != base
    assert Holder.C(sub=Sub.C(), mixed={"a": Path("/a")}).__identifier__() != base


def test_sealing_does_not_change_the_identifier() -> None:
    config = Holder.C(sub=Sub.C())
    before = config.__identifier__()
    config.seal(DirectoryContext(Path("/job")))
    assert config.out == Path("/job/out")
    assert config.__identifier__() == before
    assert (before.all, before.main.hex()) == (before.main, str(before))


def test_the_order_of_a_set_is_no_order() -> None:
    class Bag(Config):
        items: Param[set[Sub]]
        names: Param[set[str]]

    names = [f"n{i}" for i in range(20)]
    one = Bag.C(items=sealed_set(*(Sub.C(x=i) for i in range(9))), names=set(names))
    other = Bag.C(
        items=sealed_set(*(Sub.C(x=i) for i in reversed(range(9)))), names=set(reversed(names))
    )
    assert one.__identifier__() == other.__identifier__()


iterations = param_group("iterations")
optimizer = param_group("optimizer")


class Learn(Config):
    checkpoints = partial(exclude_groups=[iterations])
    only_optimizer = partial(exclude_all=True, include_groups=[optimizer])
    grouped = partial(exclude_no_group=True)

    epochs: Param[int] = field(groups=[iterations])
    rate: Param[float] = field(groups=[optimizer])
    both: Param[int] = field(groups=[iterations, optimizer])
    size: Param[int]


@pytest.mark.parametrize(
    ("specification", "counting"),
    [
        (Learn.checkpoints, {"rate", "size"}),
        (Learn.only_optimizer, {"rate", "both"}),
        (Learn.grouped, {"epochs", "rate", "both"}),
    ],
)
def test_partial_identifiers(specification: xpm_config.Partial, counting: set[str]) -> None:
    values: dict[str, Any] = {"epochs": 1, "rate": 0.1, "both": 2, "size": 3}
    base = Learn.C(**values)
    expected = base.__xpm__.get_partial_identifier(specification)
    assert expected != base.__identifier__()
    for name in values:
        other = Learn.C(**{**values, name: 9})
        same = other.__xpm__.get_partial_identifier(specification) == expected
        assert same is (name not in counting)
    base.seal()
    assert base.__xpm__.get_partial_identifier(specification) == expected


class Newest(Config):
    values: Param[list[int]]


with_chain: Any = deprecate(Newest)


class Older(Config):
    value: Param[int]

    def __convert__(self) -> Newest:
        return Newest.C(values=[self.value])


Older = deprecate(Newest)(Older)  # type: ignore[misc]


class Oldest(Config):
    text: Param[str]

    def __convert__(self) -> Older:
        return Older.C(value=int(self.text))


Oldest = deprecate(Older)(Oldest)  # type: ignore[misc]


class Keeper(Config):
    item: Param[Newest]
    items: Param[Optional[list[Newest]]]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_chains_of_deprecations() -> None:
    newest = Newest.C(values=[5])
    assert Older.C(value=5).__identifier__() == newest.__identifier__()
    assert Oldest.C(text="5").__identifier__() == newest.__identifier__()
    oldest: Any = Oldest.C(text="5")
    one, other = (Keeper.C(item=item, items=None) for item in (oldest, newest))
    assert one.__identifier__() == other.__identifier__()
    kept = Keeper.C(item=oldest, items=[oldest, oldest, newest])
    assert kept.__identifier__() == Keeper.C(item=newest, items=[newest] * 3).__identifier__()


def test_meta_by_value() -> None:
    def held(flag: bool | None) -> Any:
        return Keeper.C(item=Newest.C(values=[]), items=[setmeta(Newest.C(values=[1]), flag)])

    without = Keeper.C(item=Newest.C(values=[]), items=[])
    assert held(True).__identifier__() == without.__identifier__()
    assert held(False).__identifier__() == held(None).__identifier__() != without.__identifier__()


def test_an_output_is_not_the_same_without_its_task() -> None:
    class Produce(Task):
        x: Param[int]

        def task_outputs(self, dep: Any) -> Any:
            return dep(Sub.C(x=self.x))

    produced = Produce.C(x=1).submit()
    assert produced.__identifier__() != Sub.C(x=1).__identifier__()
    assert xpm_config.producers(Keeper2.C(sub=produced)) == [produced.__xpm__.task]


class Keeper2(Config):
    sub: Param[Sub]


def test_marking_a_sealed_part_changes_what_holds_it() -> None:
    class Outer(Task):
        keeper: Param[Keeper2]

    task = Outer.C(keeper=Keeper2.C(sub=Sub.C(x=3)))
    mark_output(task, task)
    task.seal()
    before = task.__identifier__(), task.keeper.__identifier__()
    mark_output(task.keeper.sub, task)
    assert task.__identifier__() == before[0]
    fresh = Sub.C(x=3)
    mark_output(fresh, task)
    assert task.keeper.__identifier__() == Keeper2.C(sub=fresh).__identifier__() != before[1]
