"""`launchers`: a group that has one sub-group for each launcher that offers one."""

from __future__ import annotations

import click

from xpm_launchers._interface.entry_points import COMMANDS, LAUNCHERS, installed

from .held import held
from .run import run


class _LauncherGroup(click.Group):
    """Its own commands, and those of installed launchers.

    A launcher offers its commands by an entry point of the group `experimaestro.launchers.cli`, or
    by its `get_cli`.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = {*super().list_commands(ctx), *installed(COMMANDS)}
        others = installed(LAUNCHERS).keys() - names
        return sorted(names | {name for name in others if _of_launcher(name) is not None})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        offered = installed(COMMANDS)
        if cmd_name not in offered:
            return _of_launcher(cmd_name)
        group: click.Command = offered[cmd_name].load()
        return group


def _of_launcher(name: str) -> click.Command | None:
    """Return the commands that the launcher of a name returns, if it is installed and has any."""
    launchers = installed(LAUNCHERS)
    if name not in launchers:
        return None
    group: click.Command | None = launchers[name].load().get_cli()
    return group


@click.group(cls=_LauncherGroup)
def launchers() -> None:
    """Run commands, see what runs, and set launchers up."""


launchers.add_command(run)
launchers.add_command(held)
