"""Configuration classes and objects."""

from __future__ import annotations

import abc
import copy
import pickle
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, Iterable, Optional, TypeVar  # what users write

import pytest

from xpm_config import (
    Config,
    Constant,
    DataPath,
    DefinitionError,
    DirectoryContext,
    Meta,
    ObjectType,
    Option,
    OptionalDataPath,
    Param,
    PathGenerator,
    SealedError,
    clone,
    config_only,
    copyconfig,
    deprecate,
    field,
    initializer,
    mark_output,
    producers,
    sealed_set,
    setmeta,
    stop_tags,
    tag,
    walk,
)

T = TypeVar("T")


class Sub(Config):
    """A part.

    More about it.

    Attributes:
        x: the abscissa
    """

    x: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("sub.txt"))


class Main(Config):
    sub: Param[Optional[Sub]] = field(default=None)
    n: Param[int] = field(default=1)
    """how many

    of them
    """

    values: Param[list[int]] = field(default=[1, 2])
    version: Constant[str] = "1"
    #: a note
    #: for people
    note: Option[str] = field(default="")
    data: OptionalDataPath = field(default=None)  #: where
    label: Meta[str] = field(default="m")

    def double(self) -> int:
        return self.n * 2


def line() -> int:
    return sys._getframe(1).f_lineno


# --- classes


def test_the_class_of_configuration_objects() -> None:
    config = Main.C()
    assert Main.C is Main.XPMConfig is type(config) is type(config).C
    assert Main.XPMValue is Main
    assert Main.C.__name__ == "Main.XPMConfig"
    assert isinstance(config, Main)
    assert isinstance(config, Config.C)
    assert config.double() == 2
    assert type(config).C(n=3).n == 3
    assert not isinstance(Main(), Main.C)


def test_schemas() -> None:
    schema = Main.__xpmtype__
    assert schema is Main.__getxpmtype__() is Main.C.__xpmtype__ is ObjectType.REGISTERED[Main]
    assert schema.identifier == f"{__name__}.main"
    assert list(schema.arguments) == ["sub", "n", "values", "version", "note", "data", "label"]
    assert [a.name for a in schema.arguments.values() if a.is_meta] == ["note", "data", "label"]
    assert schema.arguments["data"].is_data
    assert schema.arguments["version"].constant
    assert not schema.arguments["n"].required
    assert Sub.__xpmtype__.arguments["x"].required
    assert schema.getArgument("n").default == 1
    assert str(schema.arguments["sub"].type) == "Sub | None"

    class Child(Main):
        extra: Param[int]

    assert list(Child.__xpmtype__.parents()) == [schema]
    assert list(schema.parents()) == []
    assert list(Child.__xpmtype__.arguments)[-1] == "extra"


def test_documentation() -> None:
    arguments = Main.__xpmtype__.arguments
    assert arguments["n"].help == "how many\n\nof them"
    assert arguments["note"].help == "a note\nfor people"
    assert arguments["data"].help == "where"
    assert arguments["label"].help is None
    assert Sub.__xpmtype__.arguments["x"].help == "the abscissa"
    assert Sub.__xpmtype__.title == "A part."
    assert Sub.__xpmtype__.description == "More about it."
    # without documentation, also where a base has some, the identifier is the title
    assert Main.__xpmtype__.title == f"{__name__}.main"
    assert Main.__xpmtype__.description is None
    assert Main.__xpmtype__.full_name == f"{__name__}.Main"


def test_type_identifiers() -> None:
    class Named(Config):
        __xpmid__ = "Some.Name"

    class Child(Named):
        pass

    class Dynamic(Config):
        @classmethod
        def __xpmid__(cls) -> str:
            return "dyn." + cls.__name__

    class DynamicChild(Dynamic):
        pass

    assert Named.__xpmtype__.identifier == "some.name"
    assert Child.__xpmtype__.identifier.endswith(".child")
    assert DynamicChild.__xpmtype__.identifier == "dyn.dynamicchild"


def test_overriding() -> None:
    class Base(Config):
        x: Param[int]
        c: Param[Config]

    class Good(Base):
        x: Param[int] = field(default=2, overrides=True)
        c: Param[Sub] = field(overrides=True)

    assert Good.C(c=Sub.C(x=1)).x == 2

    class Silent(Base):
        x: Param[int] = field(default=3)

    with pytest.warns(
        UserWarning, match=r"Silent\.x replaces the argument of .*Base.*overrides=True"
    ):
        assert Silent.C(c=Sub.C(x=1)).x == 3

    class Incompatible(Base):
        x: Param[str] = field(overrides=True)  # type: ignore[assignment] # that is the test

    with pytest.raises(
        TypeError, match=r"Incompatible\.x: the type str is not compatible with int"
    ):
        Incompatible.C  # noqa: B018

    class NoSubtype(Good):
        c: Param[Main] = field(overrides=True)  # type: ignore[assignment] # that is the test

    with pytest.raises(TypeError, match=r"the type Main is not a subtype of Sub"):
        NoSubtype.C  # noqa: B018


def test_bare_defaults_warn_once() -> None:
    class Bare(Config):
        x: Param[int] = 3

    with pytest.warns(
        DeprecationWarning, match=r"Bare\.x: the bare default `= 3`.*field\(default=3"
    ):
        assert Bare.C().x == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Bare.C(x=3).__identifier__() == Bare.C().__identifier__()
    assert not hasattr(Bare, "x")

    class Old(Config):
        x: Param[int] = field(ignore_default=4)

    old: Any = Old
    with pytest.warns(DeprecationWarning, match="older spelling"):
        assert old.C().x == 4


@pytest.mark.parametrize(
    ("annotation", "given", "message"),
    [
        (
            Param[int],
            field(default="x"),
            "the default value is not of the declared type: expected int",
        ),
        (Constant[int], None, "a constant needs a value"),
        (Param, None, r"Param needs a type, such as Param\[int\]"),
    ],
)
def test_wrong_definitions(annotation: Any, given: Any, message: str) -> None:
    namespace = {"__annotations__": {"x": annotation}, "__module__": __name__}
    if given is not None:
        namespace["x"] = given
    cls: Any = type("Wrong", (Config,), namespace)
    with pytest.raises(DefinitionError, match=message):
        cls.C()


def test_defaults_are_never_shared() -> None:
    one, other = Main.C(), Main.C()
    one.values.append(3)
    assert other.values == [1, 2]

    class Holder(Config):
        sub: Param[Sub] = field(default=Sub.C(x=1))
        made: Param[Main] = field(default_factory=Main.C)

    first, second = Holder.C(), Holder.C()
    assert first.sub is not second.sub
    assert first.made is not second.made


class Watched:
    """A class that watches attributes, as torch.nn.Module does."""

    def __init__(self) -> None:
        object.__setattr__(self, "watched", {})

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["watched"][name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["watched"][name]
        except KeyError:
            raise AttributeError(name) from None


class Meta_(abc.ABCMeta):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)


class Foreign(metaclass=Meta_):
    pass


def test_classes_with_foreign_parents() -> None:
    class Module(Config, Watched):
        x: Param[int]
        made: bool = False

        def __init__(self) -> None:
            super().__init__()
            self.seen = self.x

        def __post_init__(self) -> None:
            self.done = self.x

    config = Module.C(x=1)  # type: ignore[call-arg] # a class with __init__ of its own
    assert config.x == 1
    with pytest.raises(AttributeError):
        config.nothing  # noqa: B018
    made = config.instance()
    assert (made.seen, made.done, made.watched["x"]) == (1, 1, 1)

    class Many(Config, Foreign, Iterable[int], Generic[T]):
        x: Param[int]

        def __iter__(self) -> Iterator[int]:
            return iter([self.x])

    many: Any = Many.C
    assert list(many(x=3)) == [3]
    assert list(many(x=3).instance()) == [3]


def test_abstract_classes() -> None:
    class Abstract(Config, abc.ABC):
        x: Param[int]

        @abc.abstractmethod
        def run(self) -> int: ...

    class Concrete(Abstract):
        def run(self) -> int:
            return self.x

    with pytest.raises(TypeError, match="abstract"):
        Abstract.C(x=1)
    assert Concrete.C(x=2).run() == 2


# --- objects


def test_reading_and_writing() -> None:
    config = Main.C()
    config.n = 5
    assert config.__xpm__.values["n"] == 5
    config.free = 1  # type: ignore[attr-defined] # no argument: an attribute
    assert config.__dict__["free"] == 1
    assert not hasattr(config.copy(), "free")
    assert [a.name for a, _ in config.__xpm__.xpmvalues()][:2] == ["sub", "n"]

    class Property(Config):
        x: Param[int]

        @property
        def double(self) -> int:
            return self.x * 2

        @double.setter
        def double(self, value: int) -> None:
            self.x = value // 2

    made = Property.C(x=1)
    made.double = 8
    assert made.x == 4


def test_unset_arguments() -> None:
    plain: Any = Sub
    sub = plain.C
    with pytest.raises(KeyError, match=r"Sub \(created at .*: 'x' has no value"):
        sub().x  # noqa: B018
    with pytest.raises(AttributeError):
        plain().x  # noqa: B018
    for action in ("__identifier__", "instance"):
        with pytest.raises(KeyError, match=r"Sub \(created at .*\): no value .* argument 'x'"):
            getattr(sub(), action)()
    with pytest.raises(ValueError, match="no value for the required argument 'x'"):
        Main.C(sub=sub()).__xpm__.validate()


def test_errors_name_the_place() -> None:
    main: Any = Main.C
    with pytest.raises(TypeError) as raised:
        main(m=1)
    assert str(raised.value) == (
        f"{__name__}.Main has no argument 'm' (it has sub, n, values, version, note, data, "
        f"label) (set at {__file__}:{line() - 3})"
    )
    with pytest.raises(AttributeError, match="did you mean 'values'"):
        main(value=1)
    with pytest.raises(TypeError, match="keyword arguments only"):
        main(1)
    with pytest.raises(TypeError, match=r"Main\(n=1\) is not a configuration: write Main\.C"):
        Main(n=1)
    with pytest.raises(AttributeError, match="is a constant"):
        main(version="2")
    config = main()
    with pytest.raises(AttributeError, match="has no attribute 'valeus'; did you mean 'values'"):
        config.valeus  # noqa: B018
    config.seal()
    created = config.__xpm__.location.line
    with pytest.raises(SealedError, match=rf"Main \(created at .*:{created}\) is sealed: 'n'"):
        config.n = 3
    assert isinstance(SealedError(), AttributeError)


def test_the_place_of_creation() -> None:
    config, expected = Main.C(), line()
    assert tuple(config.__xpm__.location) == (__file__, expected)
    again = pickle.loads(pickle.dumps(config))
    assert tuple(again.__xpm__.location) == (__file__, expected)


def test_equality_and_hashing() -> None:
    assert Main.C(n=1) == Main.C()
    assert Main.C(n=2) != Main.C()
    assert Main.C(sub=Sub.C(x=1)) == Main.C(sub=Sub.C(x=1))
    assert Main.C(sub=Sub.C(x=1)) != Main.C(sub=Sub.C(x=2))
    assert Main.C() != "n"  # type: ignore[comparison-overlap]
    with pytest.raises(TypeError, match="sealed_set"):
        hash(Main.C())
    with pytest.raises(TypeError, match="is not sealed"):
        {Main.C()}
    found = sealed_set(Main.C(n=1), Main.C(n=1), Main.C(n=2), Main.C(n=2).copy())
    assert len(found) == 2
    assert sealed_set(1, "a") == {1, "a"}


def test_copies() -> None:
    sub = Sub.C(x=1)
    main = Main.C(sub=sub, n=tag(3))
    main.seal(DirectoryContext(Path("/job")))
    same = main.copy()
    assert same.__identifier__() == main.__identifier__()
    assert same.sub is not None
    assert "out" not in same.sub.__xpm__.values, "generated paths belong to the original"
    same.sub.x = 7  # what it holds is copied too, and is not sealed
    assert sub.x == 1
    assert same.tags() == {"n": 3}
    same.n = 4
    changed = copyconfig(main, n=5, values=[])
    assert (changed.n, changed.values, main.n) == (5, [], 3)
    assert copy.copy(main) == main
    with pytest.raises(AttributeError, match="no argument 'zzz'"):
        copyconfig(main, zzz=1)
    assert "out" not in copyconfig(sub).__xpm__.values
    mark_output(main, main)
    assert main.copy().__xpm__.task is None


def test_configurations_in_defaults_are_never_shared() -> None:
    class Holder(Config):
        main: Param[Main] = field(default=Main.C(sub=Sub.C(x=1), n=1))
        pair: Param[list[list[Sub]]] = field(default=[[Sub.C(x=1)]])
        one: Param[Sub] = field(default=Sub.C(x=1))
        subs: Param[list[Sub]] = field(default=[Sub.C(x=1)])

    first, second = Holder.C(), Holder.C()
    assert first == second
    first.pair[0][0].x = first.one.x = first.subs[0].x = 2
    assert second == Holder.C() != first
    assert first.main.sub is not second.main.sub


def test_clones() -> None:
    class Node(Config):
        links: Param[list[Node]] = field(default_factory=list)
        bag: Param[set[Node]] = field(default_factory=set)

    shared, output = Node.C(), Node.C()
    root = Node.C(links=[shared, shared, output], bag=sealed_set(Node.C()))
    shared.links = [root]
    mark_output(output, Node.C())
    root.seal()
    made = clone(root)
    assert made == root
    assert made.links[0] is made.links[1] is not shared
    assert made.links[0].links == [made]
    assert made.links[0].links[0] is made
    assert made.links[2] is output
    assert not made.links[0].__xpm__.sealed
    assert made.__identifier__() == root.__identifier__()


def test_composition() -> None:
    class Optimizer(Config):
        rate: Param[float] = field(default=0.1)

    class Learner(Config):
        sub: Param[Optional[Sub]] = field(default=None)
        optimizer: Param[Optional[Optimizer]] = field(default=None)

    class Two(Config):
        one: Param[Optional[Sub]] = field(default=None)
        other: Param[Optional[Sub]] = field(default=None)

    learner = Learner.C()
    assert learner @ Sub.C(x=1) @ Optimizer.C(rate=2) is learner
    assert (learner.sub, learner.optimizer) == (Sub.C(x=1), Optimizer.C(rate=2))
    with pytest.raises(ValueError, match="none takes it"):
        Sub.C(x=1) @ learner
    with pytest.raises(ValueError, match="several take it: one, other"):
        Two.C() @ Sub.C(x=1)
    with pytest.raises(TypeError):
        learner @ 1  # type: ignore[operator]


def test_display() -> None:
    assert repr(Main.C(sub=Sub.C(x=1), values=list(range(9)))) == (
        "Main.C(sub=Sub.C(x=1), n=1, values=[0, 1, 2, 3, 4, 5, ... 3 more], version='1', "
        "note='', data=None, label='m')"
    )


# --- value objects


def test_instances() -> None:
    class Value(Config):
        sub: Param[Sub]
        subs: Param[dict[str, list[Sub]]]
        rate: Param[float] = field(default=0.5)

        def __post_init__(self) -> None:
            self.total = self.sub.x + self.rate

    sub = Sub.C(x=1, out=Path("/o"))
    config = Value.C(sub=sub, subs={"a": [sub]})
    made = config.instance()
    assert type(made) is Value
    assert made.total == 1.5
    assert made.subs["a"][0] is made.sub
    assert made.xpmconfig is config is config.xpmconfig
    assert made.__config__ is config  # type: ignore[attr-defined] # for companions
    assert not hasattr(config.instance(keep=False), "xpmconfig")
    assert config.instance() is not made


def test_instances_have_generated_paths() -> None:
    main = Main.C(sub=Sub.C(x=1))
    made = main.instance(DirectoryContext(Path("/d")))
    assert made.sub is not None
    assert made.sub.out == Path("/d/out/sub/sub.txt")
    main.n = 3  # nothing was sealed
    with pytest.raises(ValueError, match=r"'out' is a generated path; give instance\(\) a context"):
        main.instance()


def test_object_stores_share_instances() -> None:
    from xpm_config import ObjectStore

    store = ObjectStore()
    sub = Sub.C(x=1, out=Path("/o"))
    made = Main.C(sub=sub).instance(objects=store)
    assert Main.C(sub=sub).instance(objects=store).sub is made.sub
    assert len(store) == 3


def test_value_classes() -> None:
    class Model(Config):
        size: Param[int]

    class Small(Model):
        pass

    @Model.value_class()
    class Loaded(Model):
        def __init__(self) -> None:
            self.weights = [0] * self.size

    assert Model.C(size=3).instance().weights == [0, 0, 0]  # type: ignore[attr-defined]
    assert Model.XPMValue is Loaded
    with pytest.raises(TypeError, match="expected to derive from"):

        @Small.value_class()
        class NotLoaded(Small):
            pass

    with pytest.raises(TypeError, match="expected to derive from"):
        Model.value_class()(Main)


def test_tagged_configurations_and_their_values_are_pickled() -> None:
    config = Main.C(n=tag(3), sub=Sub.C(x=1).tag("kind", "a"))
    for again in (
        pickle.loads(pickle.dumps(config)),
        copy.deepcopy(config),
        pickle.loads(pickle.dumps(config.instance(DirectoryContext(Path("/job"))))).__config__,
    ):
        assert again.tags() == {"n": 3, "kind": "a"}
        assert again.__identifier__() == config.__identifier__()
    config.seal(DirectoryContext(Path("/job")))
    sealed = pickle.loads(pickle.dumps(config))
    assert sealed.tags() == {"n": 3, "kind": "a"}
    assert sealed in {config}


def test_values_are_pickled() -> None:
    made = Main.C(sub=Sub.C(x=1, out=Path("/o"))).instance()
    again = pickle.loads(pickle.dumps(made))
    assert again.sub.x == 1
    assert again.__config__ == made.__config__  # type: ignore[attr-defined]


def test_decorated_methods() -> None:
    class Decorated(Config):
        x: Param[int]

        @initializer
        def load(self) -> list[int]:
            return [self.x]

        @config_only
        def plan(self) -> int:
            return self.x

    config = Decorated.C(x=1)
    made = config.instance()
    assert made.load() is made.load()
    assert config.plan() == 1
    with pytest.raises(AttributeError, match=r"plan\(\) is for configurations"):
        made.plan()


# --- sealing, validation


def test_sealing_generates_paths() -> None:
    class Inner(Config):
        p: Meta[Path] = field(default_factory=PathGenerator("p.txt"))
        named: Meta[Path] = field(
            default_factory=PathGenerator(lambda context, config: Path(f"x{config.n}"))
        )
        n: Param[int] = field(default=7)

    class Outer(Config):
        one: Param[Inner]
        many: Param[list[list[Inner]]]
        by: Param[dict[str, Inner]]
        bag: Param[set[Inner]]
        p: Meta[Path] = field(default_factory=PathGenerator("p.txt"))

    inner = [Inner.C(n=i) for i in range(6)]
    outer = Outer.C(
        one=inner[0],
        many=[[inner[1], inner[2]]],
        by={"k": inner[3], "../../x": inner[4]},
        bag=sealed_set(inner[5]),
    )
    with pytest.raises(KeyError, match="generated when the configuration is sealed"):
        outer.p  # noqa: B018
    outer.seal(DirectoryContext(Path("/j")))
    assert outer.p == Path("/j/p.txt")
    assert inner[0].p == Path("/j/out/one/p.txt")
    assert inner[0].named == Path("/j/out/one/x0")
    assert inner[2].p == Path("/j/out/many/0/1/p.txt")
    assert inner[3].p == Path("/j/out/by/k/p.txt")
    assert ".." not in inner[4].p.parts
    assert inner[5].p == Path(f"/j/out/bag/{inner[5].__identifier__()}/p.txt")
    for part in walk(outer):
        assert part.__xpm__.sealed


def test_a_given_path_is_not_generated() -> None:
    sub = Sub.C(x=1, out=Path("/mine"))
    sub.seal(DirectoryContext(Path("/j")))
    assert sub.out == Path("/mine")
    assert sub.copy().out == Path("/mine")


def test_a_failing_generator_seals_nothing() -> None:
    class Failing(Config):
        p: Meta[Path] = field(
            default_factory=PathGenerator(lambda context, config: Path(config.x["y"]))
        )

    class Holds(Config):
        inner: Param[Failing]

    config = Holds.C(inner=Failing.C())
    with pytest.raises(AttributeError, match="no attribute 'x'"):
        config.seal(DirectoryContext(Path("/j")))
    assert not config.__xpm__.sealed
    assert not config.inner.__xpm__.sealed


class AnyTask(Config):
    __xpm_task__ = True


def test_generated_paths_have_one_owner() -> None:
    class Train(AnyTask):
        sub: Param[Sub]
        subs: Param[list[Sub]] = field(default_factory=list)
        loose: Param[Optional[Sub]] = field(default=None, ignore_generated=True)

    class Wrap(Config):
        sub: Param[Sub]

    class Deep(AnyTask):
        wrap: Param[Wrap]

    sub = Sub.C(x=1)
    deep = Deep.C(wrap=Wrap.C(sub=sub))
    first = Train.C(sub=sub)
    mark_output(first, first)
    first.seal(DirectoryContext(Path("/one")))
    assert sub.out == Path("/one/out/sub/sub.txt")
    with pytest.raises(
        AttributeError, match=r"Train\.sub: .*Sub \(created .* generated for .*Train"
    ):
        Train.C(sub=sub)
    with pytest.raises(AttributeError, match="generated for"):
        Train.C(sub=Sub.C(x=2), subs=[sub])
    with pytest.raises(AttributeError, match="generated for"):
        deep.seal(DirectoryContext(Path("/two")))
    assert not deep.__xpm__.sealed
    assert Train.C(sub=sub.copy(), loose=sub).loose is sub
    # what the task produces may hold it
    output = Wrap.C(sub=sub)
    mark_output(output, first)
    used = Deep.C(wrap=output)
    used.seal(DirectoryContext(Path("/three")))
    assert used.wrap.sub.out == Path("/one/out/sub/sub.txt")


def test_unsubmitted_tasks_are_no_values() -> None:
    class Uses(Config):
        task: Param[AnyTask]
        tasks: Param[list[Any]] = field(default_factory=list)

    task = AnyTask.C()
    with pytest.raises(ValueError, match="before it has been submitted"):
        Uses.C(task=task)
    mark_output(task, task)
    with pytest.raises(ValueError, match="before it has been submitted"):
        Uses.C(task=task, tasks=[AnyTask.C()])
    assert producers(Uses.C(task=task)) == [task]


def test_producers_are_met_in_order_and_once() -> None:
    tasks = [Main.C(n=i) for i in range(3)]
    outputs = [Sub.C(x=i) for i in range(3)]
    for task, output in zip(tasks, outputs, strict=True):
        mark_output(output, task)
    # what a produced configuration holds is its task's business
    hidden = Main.C(sub=outputs[2])
    mark_output(hidden, tasks[1])

    class Holder(Config):
        a: Param[list[Sub]]
        b: Param[Main]

    holder = Holder.C(a=[outputs[0], outputs[0]], b=hidden)
    assert producers(holder) == tasks[:2]
    assert producers(holder, Main.C(sub=outputs[2])) == tasks


def test_validation_runs_bottom_up() -> None:
    seen: list[int] = []

    class Checked(Config):
        x: Param[int]
        below: Param[Optional[Checked]] = field(default=None)

        def __validate__(self) -> None:
            seen.append(self.x)
            if self.x < 0:
                raise ValueError(f"{self.x} is negative")

    Checked.C(x=1, below=Checked.C(x=2)).__xpm__.validate()
    assert seen == [2, 1]
    bad = Checked.C(x=-1)
    with pytest.raises(
        ValueError, match=rf"Checked \(created at .*:{bad.__xpm__.location.line}\): -1 is"
    ):
        Checked.C(x=1, below=bad).__xpm__.validate()


# --- deprecation


def test_deprecated_arguments() -> None:
    class Renamed(Config):
        values: Param[list[int]]

        @deprecate
        def value(self, value: int) -> None:
            self.values = [value]

    renamed: Any = Renamed.C
    with pytest.warns(DeprecationWarning, match="'value' of .*Renamed is deprecated"):
        config = renamed(value=3)
    assert config.values == [3]
    with pytest.warns(DeprecationWarning, match="is deprecated"):
        config.value = 4
    assert config.values == [4]


class New(Config):
    x: Param[int]


@deprecate
class Before(New):
    """An empty body."""


@deprecate(New, replace=True)
class Replaced(Config):
    y: Param[int]

    def __convert__(self) -> New:
        return New.C(x=self.y)


def test_deprecated_classes() -> None:
    with pytest.warns(DeprecationWarning, match=r"Before is deprecated; use .*New"):
        before = Before.C(x=1)
    assert before.__identifier__() == New.C(x=1).__identifier__()
    assert before.__xpm__.xpmtype.identifier == New.__xpmtype__.identifier
    with pytest.warns(DeprecationWarning, match="Replaced is deprecated"):
        replaced = Replaced.C(y=1)
    assert isinstance(replaced, New.C)
    assert not isinstance(replaced, Replaced)
    with pytest.raises(TypeError, match="expected a method __convert__"):

        @deprecate(New)
        class Wrong(Config):
            z: Param[int]


def test_setmeta_and_stop_tags_return_the_configuration() -> None:
    sub = Sub.C(x=1)
    assert setmeta(sub, True) is sub
    assert Main.C(sub=stop_tags(sub)).sub is sub
    sub.seal()
    with pytest.raises(AttributeError, match="is sealed"):
        setmeta(sub, False)


def test_data_paths() -> None:
    class Data(Config):
        path: DataPath

    assert Data.C(path=Path("/a")).path == Path("/a")
    assert Data.C(path=Path("/a")).__identifier__() == Data.C(path=Path("/b")).__identifier__()
