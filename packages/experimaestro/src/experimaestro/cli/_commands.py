"""The commands of the meta-distribution itself."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import click

from ._lazy import EntryPointGroup

_DISTRIBUTIONS = (
    "experimaestro",
    "xpm-config",
    "xpm-serialize",
    "xpm-launchers",
    "xpm-scheduler",
    "xpm-hf",
)
# One line for each command of the other packages, known without loading them.
_SUMMARIES = {
    "experiments": "Look at experiments, and run their actions.",
    "find-launchers": "Show which launcher satisfies a requirement, and why others do not.",
    "launchers": "Run commands, see what runs, and set launchers up.",
    "hub": "Push saved configurations to the Hugging Face Hub, and pull them.",
}


@click.group(
    cls=EntryPointGroup,
    summaries=_SUMMARIES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
def cli() -> None:
    """Plan, run and track experiments."""


@cli.command("version")
def _version() -> None:
    """Show the versions of the packages and of Python."""
    for name in _DISTRIBUTIONS:
        try:
            click.echo(f"{name} {version(name)}")
        except PackageNotFoundError:
            click.echo(f"{name} is not installed")
    click.echo(f"{platform.python_implementation()} {platform.python_version()}")
