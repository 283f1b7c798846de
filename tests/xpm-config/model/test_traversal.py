"""Walks over configurations, against plain recursive ones on random graphs."""

from __future__ import annotations

from typing import Any, Optional

from hypothesis import given
from hypothesis import strategies as st

from xpm_config import Config, Param, field, mark_output, producers, walk
from xpm_config._model.traversal import (
    children,
    children_and_init_tasks,
    configs_in,
    fold,
    postorder,
    preorder,
)

Edges = list[list[int]]


class Node(Config):
    number: Param[int]
    first: Param[Optional[Node]] = field(default=None)
    more: Param[list[Node]] = field(default_factory=list)
    named: Param[dict[str, list[Node]]] = field(default_factory=dict)
    pair: Param[Optional[tuple[Node, Node]]] = field(default=None)
    loose: Param[Any] = field(default=None)


def connected(edges: Edges) -> list[Any]:
    """Return configurations, each of which holds those that its list numbers, in that order."""
    nodes: list[Any] = [Node.C(number=number) for number in range(len(edges))]
    for node, numbers in zip(nodes, edges, strict=True):
        held = [nodes[number] for number in numbers]
        if len(held) > 0:
            node.first = held[0]
        node.more = held[1:3]
        if len(held) > 3:
            node.named = {"a": held[3:4], "b": []}
        if len(held) == 6:
            node.pair = (held[4], held[5])
        elif len(held) > 4:
            node.loose = [{"x": (held[4],)}]
    return nodes


@st.composite
def graphs(draw: st.DrawFn, loops: bool = True) -> Edges:
    size = draw(st.integers(1, 8))
    edges = []
    for number in range(size):
        lowest = 0 if loops else number + 1
        most = 6 if lowest < size else 0
        edges.append(draw(st.lists(st.integers(lowest, max(lowest, size - 1)), max_size=most)))
    return edges


def numbers_of(configs: Any) -> list[int]:
    return [config.number for config in configs]


def below(edges: Edges, start: int) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        for number in edges[waiting.pop()]:
            if number not in found:
                found.add(number)
                waiting.append(number)
    return found


@given(graphs())
def test_children_are_the_configurations_in_the_arguments_in_order(edges: Edges) -> None:
    for node, numbers in zip(connected(edges), edges, strict=True):
        assert numbers_of(children(node.__xpm__)) == numbers


@given(graphs())
def test_preorder_is_that_of_a_recursive_walk(edges: Edges) -> None:
    def visit(number: int) -> None:
        if number not in expected:
            expected.append(number)
            for inner in edges[number]:
                visit(inner)

    expected: list[int] = []
    visit(0)
    nodes = connected(edges)
    assert numbers_of(preorder([nodes[0]])) == expected
    assert numbers_of(walk(nodes[0])) == expected
    for number in range(len(edges)):
        visit(number)
    assert numbers_of(preorder(nodes)) == expected


@given(graphs())
def test_postorder_meets_each_once_and_the_root_last(edges: Edges) -> None:
    nodes = connected(edges)
    for start, root in enumerate(nodes):
        found = numbers_of(postorder(root, lambda _: False))
        assert len(found) == len(set(found))
        assert set(found) == below(edges, start)
        assert found[-1] == start


@given(graphs())
def test_in_postorder_only_loops_come_before_what_they_hold(edges: Edges) -> None:
    found = numbers_of(postorder(connected(edges)[0], lambda _: False))
    position = {number: at for at, number in enumerate(found)}
    for number in found:
        for inner in edges[number]:
            assert position[inner] < position[number] or number in below(edges, inner)


@given(graphs(), st.sets(st.integers(0, 7)))
def test_what_is_skipped_is_left_out_with_what_it_alone_holds(
    edges: Edges, skipped: set[int]
) -> None:
    asked: list[int] = []

    def skip(info: Any) -> bool:
        asked.append(info.pyobject.number)
        return info.pyobject.number in skipped

    found = numbers_of(postorder(connected(edges)[0], skip))
    cut = [[] if number in skipped else held for number, held in enumerate(edges)]
    assert set(found) == below(cut, 0) - skipped
    assert len(asked) == len(set(asked))  # each is asked about once


@given(graphs(loops=False), st.sets(st.integers(0, 7)))
def test_fold_gives_what_recursion_gives(edges: Edges, sealed: set[int]) -> None:
    def paths(number: int) -> int:
        """Return how many ways lead from a node to the ends of the graph."""
        return sum(map(paths, edges[number])) or 1

    nodes = connected(edges)
    for number in sealed & set(range(len(nodes))):
        nodes[number].__xpm__.sealed = True
    merged: list[int] = []
    remembered: dict[int, int] = {}

    def merge(info: Any, parts: list[int | None]) -> int:
        merged.append(info.pyobject.number)
        assert None not in parts  # there is no loop
        return sum(part or 0 for part in parts) or 1

    def remember(info: Any, value: int) -> None:
        remembered[info.pyobject.number] = value

    def recall(info: Any) -> int | None:
        return remembered.get(info.pyobject.number)

    def folded() -> int:
        return fold(
            nodes[0],
            recall,
            children,
            merge,
            remember,
        )

    reached = below(edges, 0)
    assert folded() == paths(0)
    assert sorted(merged) == sorted(reached)  # each once, however many hold it
    assert remembered == {number: paths(number) for number in reached & sealed}
    merged.clear()
    assert folded() == paths(0)
    assert not sealed & set(merged)


@given(graphs())
def test_fold_remembers_nothing_that_a_loop_made_uncertain(edges: Edges) -> None:
    nodes = connected(edges)
    for node in nodes:
        node.__xpm__.sealed = True
    kept: set[int] = set()

    def merge(info: Any, parts: list[int | None]) -> int:
        return 1

    def remember(info: Any, _: int) -> None:
        kept.add(info.pyobject.number)

    fold(nodes[0], lambda _: None, children, merge, remember)
    reached = below(edges, 0)
    in_no_loop = {
        number for number in reached if all(number not in below(edges, i) for i in edges[number])
    }
    # a part that can reach no loop is always remembered, one that holds itself never
    assert {n for n in reached if below(edges, n) <= in_no_loop} <= kept
    assert not {number for number in reached if number in edges[number]} & kept


def test_configurations_in_values() -> None:
    one, two, three = connected([[], [], []])
    value = [one, {"a": (two, [one])}, "text", {two.__class__}, {(1, 2): three}]
    assert [id(c) for c in configs_in(value)] == [id(c) for c in (one, two, one, three)]
    assert configs_in("text") == []
    assert configs_in(one)[0] is one


def test_init_tasks_come_after_the_arguments() -> None:
    root, _part, task = connected([[1], [], []])
    root.__xpm__.init_tasks = [task]
    assert numbers_of(children(root.__xpm__)) == [1]
    assert numbers_of(children_and_init_tasks(root.__xpm__)) == [1, 2]
    assert numbers_of(walk(root)) == [0, 1, 2]


def test_what_a_task_produces_is_walked_into_or_not() -> None:
    root, output, _part, task = connected([[1, 1], [2], [], []])
    mark_output(output, task)
    assert numbers_of(walk(root)) == [0, 1, 2]
    assert numbers_of(walk(root, into_produced=False)) == [0, 1]
    assert numbers_of(walk(output, into_produced=False)) == [1, 2]
    assert numbers_of(producers(root)) == [3]
    mark_output(output, task, awaited=False)
    assert producers(root) == []


def test_long_chains_need_no_recursion() -> None:
    length = 20_000
    chain: Any = Node.C(number=0)
    for number in range(1, length):
        chain = Node.C(number=number, first=chain)
    assert numbers_of(preorder([chain])) == [*range(length - 1, -1, -1)]
    assert numbers_of(postorder(chain, lambda _: False)) == [*range(length)]
    depth = fold(
        chain,
        lambda _: None,
        children,
        lambda _, parts: 1 + max((part or 0 for part in parts), default=0),
        lambda *_: None,
    )
    assert depth == length
