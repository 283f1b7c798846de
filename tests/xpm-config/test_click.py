"""Options of click commands (the extra `click`)."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import pytest

from xpm_config import Choices, Config, Constant, Meta, Param, PathGenerator, field

click: Any = pytest.importorskip("click")
from click.testing import CliRunner  # noqa: E402

from xpm_config.click import arguments, forwardoption  # noqa: E402


class Color(Enum):
    RED = 1
    BLUE = 2


class Optimizer(Config):
    rate: Param[float] = field(default=0.1)
    """the learning rate"""
    color: Param[Color] = field(default=Color.RED)


class Learn(Config):
    optimizer: Param[Optional[Optimizer]]
    max_epochs: Param[int]
    sizes: Param[list[int]] = field(default_factory=list)
    name: Annotated[str, Choices(["a", "b"])] = field(default="a")
    out: Param[Path] = field(default=Path("."))


forward: Any = forwardoption


def show(**values: Any) -> None:
    click.echo(sorted(values.items(), key=lambda item: item[0]))


for decorate in (
    forward.optimizer.rate(Learn),
    forward.optimizer.color(Learn),
    forward.max_epochs(Learn),
    forward.max_epochs(Learn, "most", default=7),
    forward(arguments(Learn).sizes),
    forward(arguments(Learn).name),
    forward(arguments(Learn).out),
    click.command(),
):
    show = decorate(show)
command: Any = show


def run(*words: str) -> Any:
    return CliRunner().invoke(command, list(words))


def test_defaults_and_types() -> None:
    shown = run("--max-epochs", "3").output
    assert "('rate', 0.1)" in shown
    assert "('color', <Color.RED: 1>)" in shown
    assert "('max_epochs', 3), ('most', 7)" in shown
    assert "('sizes', [])" in shown
    shown = run("--max-epochs=3", "--rate=2", "--color=BLUE", "--sizes=1", "--sizes=2").output
    assert "('rate', 2.0)" in shown
    assert "<Color.BLUE: 2>" in shown
    assert "('sizes', [1, 2])" in shown


def test_help_and_errors() -> None:
    shown = run("--help").output
    assert "the learning rate" in shown
    assert "default: 0.1" in shown
    assert "Missing option '--max-epochs'" in run().output
    assert "'x' is not a valid integer" in run("--max-epochs=x").output
    assert "'c' is not one of 'a', 'b'" in run("--max-epochs=1", "--name=c").output


def test_unknown_paths() -> None:
    with pytest.raises(AttributeError, match="no argument 'optimiser'; did you mean 'optimizer'"):
        forward.optimiser(Learn)
    with pytest.raises(AttributeError, match="no argument 'rat'"):
        arguments(Learn).optimizer.rat  # noqa: B018
    with pytest.raises(TypeError, match="'max_epochs' holds no configuration"):
        forward.max_epochs.x(Learn)
    with pytest.raises(TypeError, match="expected a configuration class"):
        arguments(int)


class Kinds(Config):
    sizes: Param[list[int]] = field(default_factory=lambda: [1, 2])
    names: Param[Optional[set[str]]] = field(default=None)
    some: Param[tuple[float, ...]] = field(default=())
    pair: Param[tuple[int, str]] = field(default=(1, "a"))
    level: Param[Literal[1, 2]] = field(default=1)
    table: Param[dict[str, int]] = field(default_factory=dict)
    version: Constant[int] = 3
    out: Meta[Path] = field(default_factory=PathGenerator("out"))


def test_options_give_what_the_argument_takes() -> None:
    def main(**given: Any) -> None:
        click.echo(repr(Kinds.C(**given)))

    decorated: Any = main
    for name in ("sizes", "names", "some", "pair", "level"):
        decorated = getattr(forward, name)(Kinds)(decorated)
    decorated = click.command()(decorated)

    end = CliRunner().invoke(decorated, [])
    assert "sizes=[1, 2]" in end.output
    assert "names=None, some=(), pair=(1, 'a'), level=1" in end.output
    words = ["--sizes=3", "--sizes=4", "--names=a", "--some=1", "--some=2", "--level=2"]
    end = CliRunner().invoke(decorated, [*words, "--pair", "5", "b"])
    for expected in ("sizes=[3, 4]", "names={'a'}", "some=(1.0, 2.0)", "pair=(5, 'b')", "level=2"):
        assert expected in end.output
    assert "[default: 1, 2]" in CliRunner().invoke(decorated, ["--help"]).output


@pytest.mark.parametrize("name", ["table", "version", "out"])
def test_arguments_that_cannot_be_options(name: str) -> None:
    with pytest.raises(TypeError, match="cannot be an option"):
        getattr(forward, name)(Kinds)
