"""`launchers run`: the commands of a file, as many at once as there is room for."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TextIO

import click

from xpm_launchers._dispatch.batch import command, run_all
from xpm_launchers._forkserver.client.launcher import DirectLauncher
from xpm_launchers._interface.process import Command
from xpm_launchers._interface.process_exit import ProcessExit
from xpm_launchers._requirements.parser import parse
from xpm_launchers._requirements.units import approximate_memory
from xpm_launchers.exceptions import RequirementError


@click.command("run")
@click.argument("commands", type=click.File("r"), default="-", metavar="[FILE]")
@click.option("--requirement", metavar="TEXT", help="What each takes: see `find-launchers --help`.")
@click.option("--at-once", type=click.IntRange(1), help="Run no more than that many at once.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what they write: 1.out, 2.out, ... Else it is thrown away.",
)
def run(
    commands: TextIO, requirement: str | None, at_once: int | None, output: Path | None
) -> None:
    """Run the commands of FILE, or of the standard input: one a line, as `sh` reads them.

    As many run at once as this machine has room for, whatever else runs on it under this user. A
    line is written as each ends; the exit status is 1 when some command failed. Ctrl+C ends all.

    \b
    Examples:
      seq 8 | sed 's/.*/sleep 1; echo &/' | launchers run --output results
      launchers run --requirement "cuda(mem=16GiB) & duration=2h" commands.txt
    """
    lines = [line.strip() for line in commands if line.strip()]
    _check(requirement)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)

    def report(index: int, exit: ProcessExit) -> None:
        click.echo(_describe(exit) + f"  [{index + 1}/{len(lines)}] {lines[index]}")

    # As Ctrl+C: what ends this program ends what it runs.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    launcher = DirectLauncher(requirement=requirement)
    try:
        exits = run_all(
            (_command(line, number, output) for number, line in enumerate(lines, 1)),
            launcher=launcher,
            at_once=at_once,
            on_end=report,
        )
    finally:
        launcher.close()
    if any(exit.reason is not None for exit in exits):
        raise SystemExit(1)


def _check(requirement: str | None) -> None:
    try:
        if requirement is not None:
            parse(requirement)
    except RequirementError as error:
        raise click.ClickException(str(error)) from error


def _command(line: str, number: int, output: Path | None) -> Command:
    words = ["sh", "-c", line]
    return command(words) if output is None else command(words, stdout=output / f"{number}.out")


def _describe(exit: ProcessExit) -> str:
    if exit.reason is not None:
        return f"{exit.reason}: {exit.message}".replace("\n", "; ")
    used = f"{exit.cpu_time or 0:.2f} s CPU"
    return f"done, {used}, {approximate_memory(exit.max_rss)}" if exit.max_rss else f"done, {used}"
