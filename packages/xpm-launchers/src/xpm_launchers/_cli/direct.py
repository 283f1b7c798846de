"""`launchers direct generate`: a `launchers.py` from what this machine has."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from xpm_launchers._dispatch.registry import FILE, LauncherRegistry
from xpm_launchers._requirements.detect import local_host
from xpm_launchers._requirements.specs import AcceleratorSpecification, HostSpecification

from .find import config_option


@click.group("direct")
def direct() -> None:
    """Return the launcher of this machine."""


@direct.command()
@config_option("Folder to write launchers.py in")
@click.option("--stdout", "show", is_flag=True, help="Print it, and write nothing.")
@click.option("--force", is_flag=True, help="Replace a launchers.py; it is kept beside, as .bak.")
def generate(config: Path | None, show: bool, force: bool) -> None:
    """Write a launchers.py from what this machine has, to be changed at will.

    It is the same that holds without a file, and a place to begin: to keep a card or some cores for
    other things, to bound the time of jobs, to send some jobs elsewhere by their tags.
    """
    text = launchers_file(local_host())
    if show:
        click.echo(text, nl=False)
        return
    file = (config or LauncherRegistry.config_dir()) / FILE
    if file.exists():
        if not force:
            raise click.ClickException(
                f"{file} is there already; --stdout shows what would be written, --force replaces "
                "it and keeps the old one beside it"
            )
        shutil.copy2(file, f"{file}.bak")
        click.echo(f"kept the old file as {file}.bak")
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)
    click.echo(f"wrote {file}")


def launchers_file(host: HostSpecification) -> str:
    """Return the text of a `launchers.py` that offers one host."""
    kinds = sorted({type(each).__name__ for each in host.accelerators})
    names = ["CPUSpecification", *kinds, "HostSpecification"]
    cards = "".join(f"        {_card(each)},\n" for each in host.accelerators)
    return _TEXT.format(
        imports=", ".join(sorted(names)),
        cores=host.cpu.cores,
        memory=_size(host.cpu.memory),
        accelerators=f"[\n{cards}    ]" if cards else "[]",
    )


def _card(spec: AcceleratorSpecification) -> str:
    model = f", model={spec.model!r}" if spec.model else ""
    return f"{type(spec).__name__}(memory={_size(spec.memory)}{model})"


def _size(size: int) -> str:
    """Return a size in MiB, rounded down: the file must not claim more than there is."""
    return f"{size >> 20} * MIB"


_TEXT = '''\
"""Where jobs run: `experimaestro find-launchers REQUIREMENT` shows what this file answers."""

from functools import lru_cache

from xpm_launchers import DirectLauncher
from xpm_launchers.finder import {imports}

MIB = 1 << 20

# This machine, as it was found
HERE = HostSpecification(
    cpu=CPUSpecification(cores={cores}, memory={memory}),
    accelerators={accelerators},
    max_duration=0,  # seconds that a job may require; 0: any
)


@lru_cache
def here(requirement):
    """One launcher for each requirement: it knows what each job takes."""
    return DirectLauncher(requirement=requirement)


def find_launcher(requirements, tags=frozenset()):
    """Return a launcher that satisfies one of the requirements, or None."""
    found = requirements.match(HERE)
    return here(found.requirement) if found else None
'''
