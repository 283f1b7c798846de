"""`experimaestro experiments actions`: what can be done with an experiment that has run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from xpm_scheduler._actions.interaction import CLIInteraction
from xpm_scheduler.exceptions import ActionError, WorkspaceError
from xpm_scheduler.state import RunState, WorkspaceState
from xpm_serialize import SerializationError, load_run_object

from .options import Where, workspace_options


@click.group()
@workspace_options
def actions() -> None:
    """List and run the actions of an experiment."""


@actions.command("list")
@click.argument("experiment")
@click.option("--run", "run_id", help="The run; by default, the newest.")
@workspace_options
@click.pass_obj
def list_actions(where: Where, experiment: str, run_id: str | None) -> None:
    """List the actions of EXPERIMENT."""
    run = _run(where, experiment, run_id)
    if not run.actions:
        click.echo(f"{experiment}: the run {run.run_id} has no actions", err=True)
    for identifier, action in run.actions.items():
        click.echo(f"{identifier} {action.get('description', '')} [{_kind(action)}]")


@actions.command("run")
@click.argument("experiment")
@click.argument("action")
@click.option("--run", "run_id", help="The run; by default, the newest.")
@click.option("--set", "answers", multiple=True, metavar="KEY=VALUE", help="Answer a question.")
@workspace_options
@click.pass_obj
def run_action(
    where: Where, experiment: str, action: str, run_id: str | None, answers: tuple[str, ...]
) -> None:
    """Run an ACTION of EXPERIMENT, given by its identifier or the beginning of it.

    It may ask questions; each can be answered beforehand by --set KEY=VALUE.
    """
    given = dict(_answer(text) for text in answers)
    run = _run(where, experiment, run_id)
    identifier = _find(run, action)
    try:
        config = load_run_object(run.path, identifier)
    except SerializationError as error:
        raise click.ClickException(str(error)) from None
    interaction = CLIInteraction(given)
    click.echo(f"{run.actions[identifier].get('description', identifier)}", err=True)
    try:
        config.instance().execute(interaction)
    except ActionError as error:
        raise click.ClickException(str(error)) from None
    if interaction.unused:
        click.echo(f"not asked for: {', '.join(interaction.unused)}", err=True)


def _run(where: Where, experiment: str, run_id: str | None) -> RunState:
    try:
        run = WorkspaceState(where.path).run(experiment, run_id)
    except (WorkspaceError, OSError) as error:
        raise click.ClickException(str(error.args[0] if error.args else error)) from None
    return run


def _find(run: RunState, text: str) -> str:
    found = [identifier for identifier in run.actions if identifier.startswith(text)]
    if len(found) == 1:
        return found[0]
    lines = [
        f"  {identifier} {action.get('description', '')} [{_kind(action)}]"
        for identifier, action in run.actions.items()
        if not found or identifier in found
    ]
    what = f"several actions begin with {text!r}" if found else f"there is no action {text!r}"
    raise click.ClickException("\n".join([f"{what}; there is:" if lines else what, *lines]))


def _kind(action: Mapping[str, Any]) -> str:
    # Releases 2.x name the class of the configuration.
    return str(action.get("class", action.get("action_class", ""))).removesuffix(".XPMConfig")


def _answer(text: str) -> tuple[str, str]:
    key, equal, value = text.partition("=")
    if not equal or not key:
        raise click.BadParameter(f"expected KEY=VALUE, got {text!r}", param_hint="--set")
    return key, value
