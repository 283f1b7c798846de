"""The configurations of the benchmarks, as in a module of a user's: it imports `experimaestro`."""

from __future__ import annotations

from pathlib import Path

from experimaestro import Config, Param, field
from parts import ten


class Node(Config):
    """A node of a binary tree."""

    x: Param[int]
    left: Param[Node | None] = field(default=None)
    right: Param[Node | None] = field(default=None)


class Leaf(Config):
    """What is shared."""

    x: Param[int]
    rate: Param[float] = field(default=0.5)


class Parent(Config):
    """Holds many."""

    name: Param[int]
    leaves: Param[list[Leaf]]


class Family(Config):
    """Holds those who hold many."""

    parents: Param[list[Parent]]


class Rung(Config):
    """One of the ladder's diamonds: both sides lead to the one below."""

    left: Param[Side]
    right: Param[Side]


class Side(Config):
    """A side of a diamond."""

    x: Param[int]
    below: Param[Rung | None] = field(default=None)


class Numbers(Config):
    """Three large collections."""

    counts: Param[list[int]]
    weights: Param[list[float]]
    scores: Param[dict[str, float]]


def tree(n: int) -> Node | None:
    """A balanced tree of so many nodes, all different."""
    if n <= 0:
        return None
    left = (n - 1) // 2
    return Node.C(x=n, left=tree(left), right=tree(n - 1 - left))


def leaves(n: int) -> list[Leaf]:
    """Leaves, all different."""
    return [Leaf.C(x=x) for x in range(n)]


def parents(number: int, held: list[Leaf]) -> list[Parent]:
    """Parents that all hold the same leaves."""
    return [Parent.C(name=name, leaves=held) for name in range(number)]


def ladder(n: int) -> Rung | None:
    """So many diamonds, one below the other: twice as many ways down with each."""
    rung = None
    for _ in range(n):
        rung = Rung.C(left=Side.C(x=1, below=rung), right=Side.C(x=2, below=rung))
    return rung


def numbers(n: int) -> Numbers:
    """Three collections of so many numbers."""
    return Numbers.C(
        counts=list(range(n)),
        weights=[x / 8 for x in range(n)],
        scores={str(x): x / 4 for x in range(n)},
    )


#: The module of a class of ten arguments, to be executed again and again.
TEN = compile(Path(ten.__file__).read_text(), ten.__file__, "exec", dont_inherit=True)


def define() -> type[ten.Ten]:
    """A new class of ten arguments."""
    exec(TEN, vars(ten))  # classes made in functions are refused by the peer
    return ten.Ten
