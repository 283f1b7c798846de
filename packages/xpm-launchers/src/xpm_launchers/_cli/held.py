"""`launchers held`: what of this machine is taken, and by which processes."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import click

from xpm_launchers._forkserver.capacity import Entry, free_cores
from xpm_launchers._forkserver.ledger import LEDGER, read_entries
from xpm_launchers._forkserver.runtime_folder import runtime_folder
from xpm_launchers._host.hardware import cores_in, cpu_mask
from xpm_launchers._requirements.units import approximate_memory
from xpm_launchers.exceptions import RuntimeFolderError
from xpm_os.processes import is_alive


@click.command("held")
def held() -> None:
    """Show the jobs that run on this machine, and what they hold of it.

    These are the jobs of all programs of this user; whoever starts one waits for what they hold.
    """
    try:
        path = os.path.join(runtime_folder(), LEDGER)
    except RuntimeFolderError as error:
        raise click.ClickException(str(error)) from error
    entries = [entry for entry in read_entries(path).values() if is_alive(*entry.owner)]
    for entry in sorted(entries, key=lambda each: each.pid):
        click.echo(_line(entry))
    mask = cpu_mask()
    free = max(0, free_cores(entries, mask))
    click.echo(f"{len(entries)} jobs, {free} of {cores_in(mask)} cores free")


def _line(entry: Entry) -> str:
    if not entry.pid:
        return f"{'-':>8}  {_taken(entry)}  (about to start)"
    return f"{entry.pid:>8}  {_taken(entry)}  {_what(entry)}"


def _taken(entry: Entry) -> str:
    parts = [f"{entry.cores} cores" if entry.cores != 1 else "1 core"]
    if entry.memory:
        parts.append(approximate_memory(entry.memory))
    if entry.devices:
        parts.append(f"devices {','.join(entry.devices)}")
    if entry.expires:
        parts.append(f"{max(0.0, entry.expires - time.monotonic()):.0f} s left")
    return ", ".join(parts)


def _what(entry: Entry) -> str:
    """The working folder and the command line of a process, as far as the system tells."""
    with suppress(OSError):
        folder = os.readlink(f"/proc/{entry.pid}/cwd")
        words = _words(entry.pid)
        # A fork of the launch server has no command line of its own.
        forked = is_alive(*entry.server) and words == _words(entry.server[0])
        return f"{folder}: " + ("a Python call" if forked else words[:100])
    return ""


def _words(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", "rb") as stream:
        return stream.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
