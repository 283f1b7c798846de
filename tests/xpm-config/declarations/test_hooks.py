"""Hooks of configuration classes, as what submits tasks finds them."""

from __future__ import annotations

from typing import Any

import pytest

from xpm_config import Config, Param, SubmitHook, field, mark_output, submit_hooks


class Env(SubmitHook):
    def __init__(self, name: str) -> None:
        self.name = name

    def spec(self) -> tuple[str, ...]:
        return (self.name,)

    def process(self, job: Any, launcher: Any) -> None:
        job.environ[self.name] = launcher


class Other(Env):
    pass


@Env("device")
class Model(Config):
    size: Param[int]


class Network(Model):
    pass


@Env("again")
@Env("device")
class Learn(Config):
    models: Param[dict[str, list[Model]]]


class Chain(Config):
    before: Param[Chain | None] = field(default=None)
    model: Param[Model | None] = field(default=None)


def names(hooks: Any) -> list[str]:
    return [hook.name for hook in hooks]


def test_a_class_has_the_hooks_of_its_bases_and_its_own() -> None:
    assert names(Network.__xpmtype__.submit_hooks) == ["device"]
    assert names(Learn.__xpmtype__.submit_hooks) == ["device", "again"]
    assert Chain.__xpmtype__.submit_hooks == ()


def test_each_hook_is_found_once_by_class_and_spec() -> None:
    @Other("device")
    class Mine(Config):
        learn: Param[Learn]

    learn = Learn.C(models={"a": [Network.C(size=1), Model.C(size=2)]})
    found = submit_hooks(Mine.C(learn=learn))
    assert names(found) == ["device", "again", "device"]
    assert [type(hook) for hook in found] == [Env, Env, Other]


def test_hooks_are_inherited_and_found_in_further_configurations() -> None:
    assert names(submit_hooks(Chain.C())) == []
    assert names(submit_hooks(Chain.C(), Network.C(size=1))) == ["device"]


def test_hooks_reach_over_sealed_configurations_and_loops() -> None:
    first = Chain.C(model=Network.C(size=1))
    last = first
    for _ in range(5_000):
        last = Chain.C(before=last)
    first.before = last
    assert names(submit_hooks(last)) == ["device"]
    last.seal()
    assert names(submit_hooks(last)) == ["device"]
    assert names(submit_hooks(Chain.C(before=first.before))) == ["device"]


def test_a_class_decorated_late_is_seen_in_sealed_configurations() -> None:
    class Late(Config):
        pass

    class Holder(Config):
        late: Param[Late]

    holder = Holder.C(late=Late.C())
    holder.seal()
    assert submit_hooks(holder) == []
    Env("late")(Late)
    assert names(submit_hooks(holder)) == ["late"]


def test_what_is_held_counts_also_when_a_task_produced_it() -> None:
    model = Model.C(size=1)
    producer = Learn.C(models={})
    mark_output(model, producer)
    assert names(submit_hooks(Chain.C(model=model))) == ["device"]


def test_the_abstract_methods_and_the_class_are_checked() -> None:
    class Half(SubmitHook):
        def process(self, job: Any, launcher: Any) -> None:
            pass

    with pytest.raises(TypeError, match="spec"):
        Half()  # type: ignore[abstract]
    with pytest.raises(TypeError, match=r"Env.* decorates configuration classes, got"):
        Env("x")(int)
