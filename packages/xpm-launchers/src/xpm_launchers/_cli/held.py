"""`launchers held`: what of this machine is held, and by which processes."""

from __future__ import annotations

import os
import time
from contextlib import suppress

import click

from xpm_launchers._forkserver.capacity import Reservation, free_cores
from xpm_launchers._forkserver.ledger import LEDGER, read_reservations
from xpm_launchers._forkserver.runtime_folder import runtime_folder
from xpm_launchers._host.hardware import cores_in, cpu_mask
from xpm_launchers._requirements.units import approximate_memory
from xpm_launchers.exceptions import RuntimeFolderError
from xpm_os.processes import is_alive


@click.command("held")
def held() -> None:
    """Show the jobs that run on this machine, and what they hold of it.

    These are the jobs of all programs of this user; new ones wait for what they hold.
    """
    try:
        path = os.path.join(runtime_folder(), LEDGER)
    except RuntimeFolderError as error:
        raise click.ClickException(str(error)) from error
    jobs = [each for each in read_reservations(path).values() if is_alive(*each.holder)]
    for job in sorted(jobs, key=lambda each: each.pid):
        click.echo(_line(job))
    mask = cpu_mask()
    free = max(0, free_cores(jobs, mask))
    click.echo(f"{len(jobs)} jobs, {free} of {cores_in(mask)} cores free")


def _line(job: Reservation) -> str:
    if not job.pid:
        return f"{'-':>8}  {_held_by(job)}  (about to start)"
    return f"{job.pid:>8}  {_held_by(job)}  {_description(job)}"


def _held_by(job: Reservation) -> str:
    parts = [f"{job.cores} cores" if job.cores != 1 else "1 core"]
    if job.memory:
        parts.append(approximate_memory(job.memory))
    if job.devices:
        parts.append(f"devices {','.join(job.devices)}")
    if job.expires:
        parts.append(f"{max(0.0, job.expires - time.monotonic()):.0f} s left")
    return ", ".join(parts)


def _description(job: Reservation) -> str:
    """Return the working folder and the command line of a process, as far as they can be read."""
    with suppress(OSError):
        folder = os.readlink(f"/proc/{job.pid}/cwd")
        line = _command_line(job.pid)
        # A fork of the server has no command line of its own.
        forked = is_alive(*job.server) and line == _command_line(job.server.pid)
        return f"{folder}: " + ("a Python call" if forked else line[:100])
    return ""


def _command_line(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", "rb") as stream:
        return stream.read().rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")
