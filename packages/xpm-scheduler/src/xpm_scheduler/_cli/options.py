"""Which workspace a command is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from xpm_scheduler._workspace.layout import MARKER
from xpm_scheduler.exceptions import SettingsError
from xpm_scheduler.settings import find_workspace

F = TypeVar("F", bound=Callable[..., Any])


class Where:
    """The workspace that a command is about, as its options say before and after its name."""

    def __init__(self) -> None:
        self.workdir: Path | None = None
        self.workspace: str | None = None

    @property
    def path(self) -> Path:
        """The workspace's folder.

        Raises:
            ClickException: there is none.
        """
        try:
            found = find_workspace(workspace=self.workspace, workdir=self._folder()).path
        except SettingsError as error:
            raise click.ClickException(f"{error} (--workdir PATH, or --workspace NAME)") from None
        path = found.expanduser()
        if not path.is_dir():
            raise click.ClickException(f"{path}: there is no such workspace")
        return path

    def _folder(self) -> Path | None:
        if self.workdir is None and self.workspace is None and Path(MARKER).exists():
            return Path.cwd()
        return self.workdir


def _take(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    where = context.ensure_object(Where)
    if value is not None and parameter.name is not None:
        setattr(where, parameter.name, value)
    return value


def workspace_options(command: F) -> F:
    """Options that say which workspace; accepted before and after a sub-command.

    Use it below `click.pass_obj`: the object is a `Where`.
    """
    for name, kind, text in (
        ("--workspace", str, "Name of the workspace in the settings."),
        ("--workdir", click.Path(path_type=Path), "Folder of the workspace."),
    ):
        command = click.option(name, type=kind, callback=_take, expose_value=False, help=text)(
            command
        )
    return command
