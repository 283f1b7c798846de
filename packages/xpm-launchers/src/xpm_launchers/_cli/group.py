"""``launchers``: a group that has one sub-group for each launcher that offers one."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import click

from .held import held
from .run import run


class _LauncherGroup(click.Group):
    """Its own commands, and what installed launchers offer (``Launcher.get_cli``)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        offered = [name for name in self._points() if self.get_command(ctx, name) is not None]
        return sorted({*super().list_commands(ctx), *offered})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in self._points():
            return own
        launcher = self._points()[cmd_name].load()
        made: click.Command | None = launcher.get_cli()
        return made

    @staticmethod
    def _points() -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group="experimaestro.launchers")}


@click.group(cls=_LauncherGroup)
def launchers() -> None:
    """Run commands, see what runs, and set launchers up."""


launchers.add_command(run)
launchers.add_command(held)
