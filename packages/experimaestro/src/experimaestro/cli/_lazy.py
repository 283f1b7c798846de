"""A group of commands that come from entry points, each loaded when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

GROUP = "experimaestro.cli"


class EntryPointGroup(click.Group):
    """A click group whose further commands are found by entry points.

    Listing the commands loads none of them: the line of each is known beforehand, or names the
    distribution that it comes from.

    Args:
        summaries: command → one line of help, for the commands of which it is known.
    """

    def __init__(
        self, *args: Any, summaries: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._summaries = dict(summaries or {})
        self._found: dict[str, EntryPoint] | None = None

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._found is None:
            self._found = {entry.name: entry for entry in entry_points(group=GROUP)}
        return self._found

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._entry_points()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        entry = self._entry_points().get(cmd_name)
        if command is not None or entry is None:
            return command
        return _load(entry)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, self._summary(name, formatter.width)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _summary(self, name: str, width: int) -> str:
        if name in self.commands:
            return self.commands[name].get_short_help_str(width)
        entry = self._entry_points()[name]
        origin = f"from {entry.dist.name}" if entry.dist is not None else ""
        return self._summaries.get(name, origin)


def _load(entry: EntryPoint) -> click.Command:
    try:
        command = entry.load()
    except Exception as error:  # a plug-in's code: the message names it and its distribution
        raise click.ClickException(
            f"the command {entry.name!r} ({_origin(entry)}) cannot be loaded:"
            f" {type(error).__name__}: {error}"
        ) from error
    if not isinstance(command, click.Command):
        raise click.ClickException(
            f"the command {entry.name!r} ({_origin(entry)}): expected a click command,"
            f" got {type(command).__name__}"
        )
    return command


def _origin(entry: EntryPoint) -> str:
    return f"{entry.value} of {entry.dist.name}" if entry.dist is not None else entry.value
