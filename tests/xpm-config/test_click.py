"""Options of click commands (the extra `click`)."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Optional

import pytest

from xpm_config import Choices, Config, Param, field

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
    assert "('sizes', ())" in shown
    shown = run("--max-epochs=3", "--rate=2", "--color=BLUE", "--sizes=1", "--sizes=2").output
    assert "('rate', 2.0)" in shown
    assert "<Color.BLUE: 2>" in shown
    assert "('sizes', (1, 2))" in shown


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
