"""`experimaestro experiments`: commands about the experiments of a workspace."""

from __future__ import annotations

import click

from .actions import actions
from .options import workspace_options


@click.group()
@workspace_options
def experiments() -> None:
    """Look at experiments, and run their actions."""


experiments.add_command(actions)
