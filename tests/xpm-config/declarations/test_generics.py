"""Generic configurations."""

from __future__ import annotations

from typing import Any, Generic, Optional, TypeVar, Union

import pytest

from xpm_config import Config, Param, copyconfig, field

T = TypeVar("T")


class Base(Config):
    x: Param[int] = field(default=1)


class One(Base):
    pass


class Two(Base):
    pass


class Other(Config):
    pass


B = TypeVar("B", bound=Base)


class Box(Config, Generic[T]):
    item: Param[T]
    spare: Param[Optional[T]] = field(default=None)


class Two_(Config, Generic[T]):
    value: Param[T]
    box: Param[Box[T]]


class Deep(Config, Generic[T]):
    values: Param[list[T]]
    boxes: Param[dict[str, Box[Box[T]]]] = field(default_factory=dict)


class Bounded(Config, Generic[B]):
    item: Param[B]


class OfInt(Config):
    box: Param[Box[int]]


class OfBase(Config):
    box: Param[Box[Base]]


class OfUnion(Config):
    box: Param[Box[Union[int, str]]]


class IntBox(Box[int]):
    pass


box: Any = Box.C


def test_a_variable_is_bound_by_the_first_value() -> None:
    assert box(item=1, spare=2).spare == 2
    with pytest.raises(TypeError, match=r"Box\.spare: expected int, which T stands for, got str"):
        box(item=1, spare="a")
    made = box(item=1)
    with pytest.raises(TypeError, match="expected int"):
        made.item = "a"


def test_a_variable_widens_to_a_super_class_alone() -> None:
    made = box(item=One.C(), spare=Base.C())
    made.item = Two.C()
    with pytest.raises(TypeError, match="expected One, which T stands for, got Two"):
        box(item=One.C(), spare=Two.C())


def test_nested_configurations_share_the_variable() -> None:
    two: Any = Two_.C
    assert two(value=1, box=box(item=2)).box.item == 2
    with pytest.raises(TypeError, match="expected int"):
        two(value=1, box=box(item="a"))
    with pytest.raises(TypeError, match="expected str"):
        two(box=box(item="a"), value=1)
    deep: Any = Deep.C
    with pytest.raises(TypeError, match="expected int"):
        deep(values=[1, "a"])
    assert deep(values=[1], boxes={"a": box(item=box(item=3))}).boxes["a"].item.item == 3
    with pytest.raises(TypeError, match="expected int"):
        deep(values=[1], boxes={"a": box(item=box(item="a"))})


def test_bounds_hold() -> None:
    bounded: Any = Bounded.C
    assert bounded(item=One.C()).item == One.C()
    with pytest.raises(TypeError, match="a configuration of type Base"):
        bounded(item=Other.C())


def test_declared_arguments_of_a_generic_are_checked() -> None:
    assert OfInt.C(box=box(item=1)).box.item == 1
    with pytest.raises(TypeError, match=r"expected Box\[int\], got Box\[str\]"):
        OfInt.C(box=box(item="a"))
    assert OfBase.C(box=box(item=One.C())).box.item == One.C()
    with pytest.raises(TypeError, match=r"expected Box\[Base\], got Box\[Other\]"):
        OfBase.C(box=box(item=Other.C()))
    assert OfUnion.C(box=box(item="a")).box.item == "a"
    with pytest.raises(TypeError, match=r"got Box\[float\]"):
        OfUnion.C(box=box(item=1.5))


def test_a_parent_with_arguments() -> None:
    made: Any = IntBox.C
    assert made(item="5").item == 5
    with pytest.raises(TypeError, match="expected int"):
        made(item="a")


def test_copies_are_bound_by_what_they_hold() -> None:
    assert copyconfig(box(item=1), item="a").item == "a"
    with pytest.raises(TypeError, match="expected int"):
        copyconfig(box(item=1, spare=2), item="a")
