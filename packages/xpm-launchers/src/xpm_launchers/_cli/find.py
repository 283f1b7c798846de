"""`find-launchers`: what becomes of a requirement."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from xpm_launchers._dispatch.registry import union
from xpm_launchers.exceptions import LauncherFileError, RequirementError
from xpm_launchers.finder import LauncherRegistry

_Function = TypeVar("_Function", bound=Callable[..., Any])


def config_option(text: str) -> Callable[[_Function], _Function]:
    """Return the option `--config`, with what the folder is for here."""
    return click.option(
        "--config",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"{text} (by default ~/.config/experimaestro).",
    )


def registry(config: Path | None) -> LauncherRegistry:
    """Return the registry of a folder, or of the default one."""
    if config is not None:
        LauncherRegistry.set_config_dir(config)
    return LauncherRegistry.instance()


@click.command("find-launchers")
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@click.option("--tag", "tags", multiple=True, help="Handed to the function of launchers.py.")
@config_option("Folder of launchers.py")
def find_launchers(
    requirements: tuple[str, ...], tags: tuple[str, ...], config: Path | None
) -> None:
    """Show which launcher satisfies a requirement, and why others do not.

    Several are alternatives, as those within one, separated by `|`. The answer is that of the
    function find_launcher of launchers.py in the configuration folder; without that file, of this
    machine. The exit status is 1 when there is none.

    \b
    What a requirement is made of, joined by `&`:
      duration=4h                  d, h, m, s and longer names
      cpu(mem=16GiB, cores=4)      M G T are powers of 1000, MiB GiB TiB of 1024
      cuda(mem=8GiB) * 2           NVIDIA cards; mps(...): Apple's; gpu(...): any

    \b
    Examples:
      find-launchers "cpu(cores=4)"
      find-launchers "duration=4h & cuda(mem=40GiB) * 2 | duration=20h & cpu(cores=16)"
    """
    try:
        required = union(requirements)
        used = registry(config)
        launcher = used.find(required, tags=tags)
        click.echo(used.explain(required, tags=tags))
    except (RequirementError, LauncherFileError) as error:
        raise click.ClickException(str(error)) from error
    if launcher is None:
        click.echo("no launcher")
        raise SystemExit(1)
    click.echo(f"launcher: {type(launcher).__name__} of {launcher.connector.hostname}")
