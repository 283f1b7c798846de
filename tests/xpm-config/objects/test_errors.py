"""What is wrong is in one message: class, argument, what was expected and got, where."""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import Any, Generic, Literal, Optional, TypeVar, Union

import pytest

from xpm_config import (
    Config,
    Constant,
    DefinitionError,
    DirectoryContext,
    Meta,
    Param,
    PathGenerator,
    copyconfig,
    deprecate,
    differences,
    field,
    from_dict,
    partial,
    setmeta,
    tags,
    tagspath,
    to_dict,
)

T = TypeVar("T")


class Sub(Config):
    x: Param[int]


class Holder(Config):
    first: Param[Optional[Sub]] = field(default=None)
    second: Param[Optional[Sub]] = field(default=None)
    table: Param[list[dict[str, list[int]]]] = field(default_factory=list)
    mode: Param[Literal["a", "b"]] = field(default="a")
    either: Param[Union[int, list[str]]] = field(default=1)
    version: Constant[int] = 3


class Box(Config, Generic[T]):
    item: Param[T]


class Ints(Config):
    box: Param[Box[int]]


@deprecate(Sub)
class Converted(Config):
    y: Param[int]

    def __convert__(self) -> Any:
        return 3


class Generated(Config):
    made: Param[int] = field(default_factory=lambda: "x")  # type: ignore[assignment]


HERE = re.escape(__file__)
holder: Any = Holder.C
sub: Any = Sub.C
plain: Any = Sub


def use(kind: Any) -> Any:
    return kind.C()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: sub(x="a"), r"\.Sub\.x: expected int, got str 'a' \(set at {here}\)"),
        (
            lambda: holder(table=[{"a": [1, "x"]}]),
            r"\.Holder\.table\[0\]\['a'\]\[1\]: expected int, got str 'x' \(set at {here}\)",
        ),
        (
            lambda: holder(mode="c"),
            r"\.Holder\.mode: expected one of 'a', 'b', got str 'c' \(set at {here}\)",
        ),
        (
            lambda: holder(either=[1]),
            r"\.Holder\.either: expected int | list\[str\], got list \[1\] \(set at {here}\)",
        ),
        (
            lambda: holder(first=Holder.C()),
            r"\.Holder\.first: expected .* of type Sub or None, got Holder\.XPMConfig .*{here}\)",
        ),
        (lambda: holder(frist=None), r"no argument 'frist'; did you mean 'first'\? .*{here}\)"),
        (lambda: holder(version=4), r"\.Holder\.version is a constant \(3\): .* to 4 .*{here}\)"),
        (lambda: holder(3), r"Holder\.C takes keyword arguments only, got 3 \(at {here}\)"),
        (lambda: Holder(mode="a"), r"write Holder\.C\(mode='a'\) \(at {here}\)"),
        (
            lambda: holder() @ sub(x=1),
            r"\.Holder to take .*, but several take it: first, second \(at {here}\)",
        ),
        (lambda: sub() @ sub(), r"\.Sub to take .*, but none takes it \(at {here}\)"),
        (
            lambda: Ints.C(box=Box[str].C(item="a")),  # type: ignore[arg-type]
            r"\.Ints\.box: expected Box\[int\], got Box\[str\] \(set at {here}\)",
        ),
        (lambda: sub().__identifier__(), r"\.Sub \(created at {here}\): no value for .* 'x'"),
        (lambda: {sub(x=1)}, r"\.Sub \(created at {here}\) is not sealed, .* sealed_set"),
        (
            lambda: Converted.C(y=1).__identifier__(),
            r"Converted\.__convert__ is expected to return .*, got 3 \(class defined at {here}\)",
        ),
        (
            lambda: Generated.C(),
            r"\.Generated\.made: expected int, got str 'x' .*; class defined at {here}\)",
        ),
        (
            lambda: delattr(sub(x=1), "x"),
            r"\.Sub \(created at {here}\): the argument 'x' cannot be deleted",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_messages(act: Any, message: str) -> None:
    with pytest.raises(Exception, match=message.replace("{here}", HERE + r":\d+")) as raised:
        act()
    assert "\n" not in str(raised.value)
    error = raised.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__


def define(body: str, bases: str = "Config") -> Any:
    """Uses a class written in a function of this module."""
    names: dict[str, Any] = {}
    code = f"def make():\n    class Wrong({bases}):\n        {body}\n    return Wrong\n"
    exec(compile(code, __file__, "exec"), globals(), names)
    return names["make"]().C


@pytest.mark.parametrize(
    ("body", "bases", "message"),
    [
        ("x: Param[str]", "Sub", r"type str is not compatible with int, which .*\.Sub declares"),
        (
            "first: Param[Holder] = field(default=None, overrides=True)",
            "Holder",
            r"type Holder is not compatible with Sub | None, which .*\.Holder declares",
        ),
        ("x: Param[Missing]", "Config", r"'Param\[Missing\]' cannot be resolved: name 'Missing'"),
        ("x: Param[list[int, str]]", "Config", r"list\[int, str\] is not a type that an arg"),
        ("x: Param[int, str]", "Config", r"x: .* is not a type that an argument can have"),
        ("x: 'Param[3 + ]'", "Config", r"'Param\[3 \+ \]' cannot be resolved: SyntaxError"),
        ("x: Param[1 / 0]", "Config", r"cannot be resolved: ZeroDivisionError: division by zero"),
        ("x: Param", "Config", r"x: Param needs a type, such as Param\[int\]"),
        ("x: Param[int] = field(default='a')", "Config", r"default value .* expected int, got str"),
        ("x: Constant[int]", "Config", r"x: a constant needs a value, such as `x: Constant\[int\]"),
    ],
)
def test_definitions(body: str, bases: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message) as raised:
        define(body, bases)
    assert str(raised.value).endswith(f"(class defined at {__file__}:2)")
    assert ".Wrong." in str(raised.value)
    assert raised.value.__context__ is None or raised.value.__suppress_context__


def test_the_class_that_is_wrong_is_named_not_the_one_that_uses_it() -> None:
    class Wrong(Config):
        x: Param[Missing]  # type: ignore[name-defined]  # noqa: F821

    line = sys._getframe().f_lineno

    class User(Wrong):
        pass

    with pytest.raises(DefinitionError, match=rf"Wrong\.x: .*{HERE}:{line - 3}\)"):
        use(User)


def test_a_class_can_be_used_again_once_what_it_lacked_is_there() -> None:
    class Early(Config):
        late: Param[Late]
        size: Param[int] = field(default=3)

    for _ in range(2):
        with pytest.raises(DefinitionError, match="name 'Late' is not defined"):
            use(Early)

    class Late(Config):
        pass

    assert Early.C(late=Late.C()).size == 3


def test_a_value_class_may_come_before_what_the_configuration_speaks_of() -> None:
    class Early(Config):
        late: Param[Late]

    @Early.value_class()
    class Value(Early):
        pass

    class Late(Config):
        pass

    assert type(Early.C(late=Late.C()).instance()) is Value


def test_a_deprecated_class_that_nothing_replaces() -> None:
    @deprecate
    class Old(Config):
        x: Param[int]

    with pytest.raises(DefinitionError, match=r"@deprecate .*Old: expected an empty class derived"):
        Old.C(x=1)


def test_warnings_of_definitions_are_given_at_the_class() -> None:
    class Bare(Config):
        x: Param[int] = 3

    class Again(Bare):
        x: Param[int] = field(default=4)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Again.C()
    assert [w.category for w in caught] == [DeprecationWarning, UserWarning]
    assert {w.filename for w in caught} == {__file__}
    assert "write `= field(default=3, ignore_default=True)` to keep it so" in str(caught[0].message)
    assert caught[1].lineno - caught[0].lineno == 3


def test_what_is_no_configuration_is_refused() -> None:
    config = sub(x=1)
    acts: list[Any] = [tags, tagspath, copyconfig, to_dict, lambda c: setmeta(c, True)]
    acts += [lambda c: differences(c, config), lambda c: differences(config, c)]
    for act in acts:
        with pytest.raises(TypeError, match=r"expected a configuration \(.*\), got 3"):
            act(3)
        with pytest.raises(TypeError, match=r"got a value object of Sub"):
            act(plain())
    with pytest.raises(TypeError, match="expected a configuration class, got 3"):
        from_dict(3, {})  # type: ignore[arg-type]


def test_what_is_no_group_and_no_path_is_refused() -> None:
    wrong: Any = "training"
    for act in (
        lambda: partial(exclude_groups=[wrong]),
        lambda: partial(include_groups=[wrong]),
        lambda: field(default=1, groups=[wrong]),
    ):
        with pytest.raises(TypeError, match="expected groups, which param_group"):
            act()
    with pytest.raises(TypeError, match="expected a path or a function, got 3"):
        PathGenerator(3)  # type: ignore[arg-type]


def test_annotations_that_are_quoted_twice_and_folders_as_texts() -> None:
    class Quoted(Config):
        size: "Param[int]"
        out: "Meta[Path]" = field(default_factory=PathGenerator("out"))

    quoted = Quoted.C(size=1)
    assert quoted.instance(DirectoryContext("/job")).out == Path("/job/out")


class Tagged(Config):
    size: Param[int] = field(default=0)
    sub: Param[Optional[Sub]] = field(default=None)

    @deprecate
    def number(self, value: int) -> None:
        self.size = value


@deprecate
class OldSub(Sub):
    pass


def test_warnings_are_given_where_the_user_acts() -> None:
    tagged = Tagged.C(sub=Sub.C(x=1).tag("a", 1)).tag("a", 2)
    tagged_class: Any = Tagged.C
    acts: list[Any] = [tagged.tags, lambda: tagged_class(number=3), lambda: OldSub.C(x=1)]
    for act in acts:
        with pytest.warns(match="conflicting values|is deprecated") as caught:
            act()
        # a bound method of the package is called by this very line
        assert [w.filename for w in caught] == [__file__]
