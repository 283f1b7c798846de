"""The `experimaestro` command."""

from __future__ import annotations

from importlib.metadata import EntryPoint, version

import click
import pytest
from click.testing import CliRunner

from experimaestro.cli import _lazy, cli


@click.command()
def hello() -> None:
    """Say hello."""
    click.echo("hello")


def _offer(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Adds one entry point to the group, as an installed package would."""
    entry = EntryPoint(name=name, value=value, group=_lazy.GROUP)
    monkeypatch.setattr(cli, "_found", {name: entry})


def test_version_names_every_package() -> None:
    result = CliRunner().invoke(cli, ["version"])
    assert result.exit_code == 0
    expected = [f"{name} {version(name)}" for name in ("experimaestro", "xpm-config", "xpm-hf")]
    assert set(expected) <= set(result.output.splitlines())


def test_a_command_of_an_entry_point_is_listed_and_run(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, "hello", f"{__name__}:hello")
    monkeypatch.setattr(EntryPoint, "load", lambda self: hello)
    assert "hello" in CliRunner().invoke(cli, ["--help"]).output
    assert CliRunner().invoke(cli, ["hello"]).output == "hello\n"


def test_a_broken_entry_point_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, "broken", "no_such_module_at_all:command")
    result = CliRunner().invoke(cli, ["broken"])
    assert result.exit_code == 1
    assert "the command 'broken' (no_such_module_at_all:command) cannot be loaded" in result.output
    assert "--help" in CliRunner().invoke(cli, ["--help"]).output


def test_an_entry_point_that_is_no_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _offer(monkeypatch, "odd", "pathlib:Path")
    result = CliRunner().invoke(cli, ["odd"])
    assert result.exit_code == 1
    assert "expected a click command, got type" in result.output


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(cli, ["no-such-command"])
    assert result.exit_code == 2


def test_the_summaries_are_those_of_the_commands() -> None:
    """They are written down, so that listing the commands loads none; this loads all."""
    with click.Context(cli) as context:
        for name in cli.list_commands(context):
            command = cli.get_command(context, name)
            assert command is not None
            assert cli._summary(name, 200) == command.get_short_help_str(200)
