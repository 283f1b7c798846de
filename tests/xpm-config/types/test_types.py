"""Types of arguments: what they take, and what they make of it."""

from __future__ import annotations

import importlib
import sys
import threading
import typing
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Dict, List, Literal, Optional, Set, Tuple, Union

import pytest

from xpm_config import Any as XpmAny
from xpm_config import Array, Choices, Config, DefinitionError, Param, field


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Base(Config):
    x: Param[int] = field(default=1)


class Derived(Base):
    pass


class Other(Config):
    pass


def holder(expression: Any) -> Any:
    """A class with one argument of a type."""
    form: Any = Param
    annotations = {"value": form[expression]}
    return type("Holder", (Config,), {"__annotations__": annotations, "__module__": __name__})


BASE = Base.C(x=3)
ARRAY: Any = Array
ACCEPTED: list[tuple[Any, Any, Any]] = [
    (int, 3, 3),
    (int, True, 1),
    (int, 1.0, 1),
    (int, "5", 5),
    (int, "-1.00", -1),
    (float, 1, 1.0),
    (float, True, 1.0),
    (float, "1.5", 1.5),
    (bool, 0, False),
    (bool, 1, True),
    (bool, "true", True),
    (bool, "False", False),
    (str, "a", "a"),
    (Path, "/a", Path("/a")),
    (Path, Path("/a"), Path("/a")),
    (bytes, b"a", b"a"),
    (Color, Color.RED, Color.RED),
    (Base, BASE, BASE),
    (list[int], ["1", 2.0], [1, 2]),
    (List[int], [1], [1]),
    (List, [1, "a"], [1, "a"]),
    (ARRAY[int], [1], [1]),
    (set[int], {"1"}, {1}),
    (Set[str], {"a"}, {"a"}),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (Dict[int, List[int]], {"1": ["2"]}, {1: [2]}),
    (tuple[int, str], ("1", "a"), (1, "a")),
    (Tuple[int, ...], ("1", 2, 3), (1, 2, 3)),
    (Optional[int], None, None),
    (Optional[int], "3", 3),
    (Union[int, str], "1", "1"),
    (Union[int, str], 1, 1),
    (Union[str, int], 1, 1),
    (Union[int, float], 1.0, 1.0),
    (Union[float, int], True, 1.0),
    (Union[int, List[str]], ["1"], ["1"]),
    (Union[List[int], List[str]], ["1"], ["1"]),
    (int | None, None, None),
    (Literal["a", 1], "a", "a"),
    (Any, ["a", 1], ["a", 1]),
    (XpmAny, 1.5, 1.5),
    (typing.Sequence[int], ["1"], [1]),
    (Annotated[int, "doc"], "1", 1),
]


@pytest.mark.parametrize(("expression", "given", "expected"), ACCEPTED)
def test_accepted(expression: Any, given: Any, expected: Any) -> None:
    config = holder(expression).C(value=given)
    assert config.value == expected
    assert type(config.value) is type(expected)


@pytest.mark.parametrize(
    ("expression", "given", "expected", "got"),
    [
        (int, 1.5, "int", "float 1.5"),
        (int, "x", "int", "str 'x'"),
        (int, None, "int", "NoneType None"),
        (float, "x", "float", "str 'x'"),
        (bool, 2, "bool", "int 2"),
        (bool, "yes", "bool", "str 'yes'"),
        (str, 1, "str", "int 1"),
        (Path, 1, "Path (or str)", "int 1"),
        (Color, "red", "a member of Color", "str 'red'"),
        (list[int], (1,), "list[int]", "tuple (1,)"),
        (set[int], [1], "set[int]", "list [1]"),
        (dict[str, int], [("a", 1)], "dict[str, int]", "list [('a', 1)]"),
        (tuple[int, int], (1,), "tuple[int, int], 2 elements", "tuple (1,)"),
        (tuple[int, int], [1, 1], "tuple[int, int]", "list [1, 1]"),
        (Literal["a", 1], True, "one of 'a', 1", "bool True"),
        (Union[int, list[int]], "a", "int | list[int]", "str 'a'"),
        (Optional[int], "a", "int or None", "str 'a'"),
        (Base, Base(), "a configuration Base.C(...)", "Base"),
        (Base, Other.C(), "a configuration of type Base", "Other.XPMConfig Other.C()"),
    ],
)
def test_refused(expression: Any, given: Any, expected: str, got: str) -> None:
    cls = holder(expression)
    with pytest.raises(ValueError) as raised:  # noqa: PT011 # the whole text is compared
        cls.C(value=given)
    line = sys._getframe().f_lineno - 1
    text = str(raised.value)
    assert isinstance(raised.value, TypeError)
    assert text.startswith(f"{__name__}.Holder.value: expected {expected}, got {got}")
    assert text.endswith(f"(set at {__file__}:{line})")
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    ("expression", "given", "place"),
    [
        (list[list[int]], [[1], [2, "x"]], "value[1][1]: expected int"),
        (dict[str, list[int]], {"a": ["x"]}, "value['a'][0]: expected int"),
        (dict[int, int], {"a": 1}, "value[key 'a']: expected int"),
        (tuple[int, list[str]], (1, [2]), "value[1][0]: expected str"),
        (Optional[list[int]], ["x"], "value[0]: expected int"),
    ],
)
def test_the_place_in_a_container_is_named(expression: Any, given: Any, place: str) -> None:
    with pytest.raises(ValueError, match=r"expected") as raised:
        holder(expression).C(value=given)
    assert place in str(raised.value)


def test_unsupported_types_are_refused_at_first_use() -> None:
    cls = holder(complex)
    with pytest.raises(DefinitionError, match=r"Holder\.value: builtins\.complex is not a type"):
        cls.C(value=1j)


def test_choices_and_annotated_declare_arguments() -> None:
    class Chosen(Config):
        a: Annotated[str, Choices(["x", "y"])]
        b: Param[Annotated[int, Choices([1, 2])]] = field(default=1)

    assert Chosen.C(a="x").b == 1
    with pytest.raises(ValueError, match="expected one of 'x', 'y', got str 'z'"):
        Chosen.C(a="z")


def test_a_sub_class_is_taken() -> None:
    derived = Derived.C()
    assert holder(Base).C(value=derived).value is derived


class Later(Config):
    first: Param[Optional[AfterIt]]
    many: Param[list[AfterIt]]


class AfterIt(Config):
    back: Param[Optional[Later]]


def test_classes_may_be_defined_later_and_in_loops() -> None:
    after = AfterIt.C(back=None)
    later = Later.C(first=after, many=[after])
    after.back = later
    made = later.instance()
    assert made.first is not None
    assert made.first.back is made


def test_classes_in_functions_know_the_names_of_their_function() -> None:
    class Outer(Config):
        inner: Param[Inner]

    class Inner(Config):
        x: Param[int]

    assert Outer.C(inner=Inner.C(x=1)).inner.x == 1


def test_an_unknown_name_in_an_annotation() -> None:
    class Wrong(Config):
        x: Param[Nowhere]  # type: ignore[name-defined] # noqa: F821 # that is the test

    with pytest.raises(
        DefinitionError, match=r"Wrong\.x: the annotation 'Param\[Nowhere\]' cannot"
    ):
        Wrong.C  # noqa: B018


def test_names_for_the_type_checker_alone_are_no_arguments() -> None:
    class Fine(Config):
        x: Param[int]
        y: Nowhere  # type: ignore[name-defined] # noqa: F821 # never evaluated

    assert list(Fine.__xpmtype__.arguments) == ["x"]


def test_numbers_of_other_libraries() -> None:
    class Scalar:
        ndim = 0

        def item(self) -> float:
            return 2.0

    assert holder(int).C(value=Scalar()).value == 2
    assert holder(float).C(value=Scalar()).value == 2.0
    assert holder(bool).C(value=type("One", (Scalar,), {"item": lambda self: 1})()).value is True


def test_names_that_modules_import_for_type_checkers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "mutual"
    package.mkdir()
    (package / "__init__.py").touch()
    start = "from __future__ import annotations\nimport typing\nfrom xpm_config import *\n"
    (package / "one.py").write_text(
        start + "if typing.TYPE_CHECKING:\n"
        "    import mutual.two as second\n    import mutual.two\n"
        "    from . import two\n    from .two import Two as Other\n    from .two import Missing\n"
        "class One(Config):\n"
        "    a: Param[Other | None] = field(default=None)\n"
        "    b: Param[second.Two | None] = field(default=None)\n"
        "    c: Param[mutual.two.Two | None] = field(default=None)\n"
        "    d: Param[typing.Optional['two.Two']] = field(default=None)\n"
        "class Wrong(Config):\n    e: Param[Missing]\n"
    )
    (package / "two.py").write_text(
        start + "from .one import One\nclass Two(Config):\n    one: Param[One]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    one = importlib.import_module("mutual.one")
    types = [str(a.type) for a in one.One.__xpmtype__.arguments.values()]
    assert types == ["Two | None"] * 4
    two = sys.modules["mutual.two"]
    assert one.One.C(a=two.Two.C(one=one.One.C())).a.one.a is None
    with pytest.raises(TypeError, match=r"'Param\[Missing\]' cannot be resolved: No module named"):
        one.Wrong.C()


def test_a_class_is_first_used_by_several_threads() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(30):
            assert _first_use(4) == [(1, 2, 5)] * 4
    finally:
        sys.setswitchinterval(interval)


def _first_use(count: int) -> list[tuple[int, int, int]]:
    class First(Config):
        a: Param[int] = field(default=1)
        b: Param[int] = field(default=2)
        part: Param[Part] = field(default_factory=lambda: Part.C())

    class Part(Config):
        z: Param[int] = field(default=5)

    found: list[tuple[int, int, int]] = []
    start = threading.Barrier(count)

    def use() -> None:
        start.wait()
        made = First.C()
        found.append((made.a, made.b, made.part.z))

    threads = [threading.Thread(target=use) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
