"""A driver of its own: `launcher_driver.py FOLDER NAME FUNCTION COUNT`.

Runs COUNT jobs `launcher_jobs.FUNCTION(FOLDER, NAME-i)`, writes the handles of those that start,
and prints each end.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from xpm_launchers import Command, DirectLauncher, Process, PythonCall, Ticket
from xpm_launchers.testing import Recorder


class Driver(Recorder):
    """Writes handles."""

    folder = Path()

    def started(self, ticket: Ticket, process: Process) -> None:
        """Write the handle, whole or not at all."""
        super().started(ticket, process)
        new = self.folder / f"{ticket.key}.new"
        new.write_text(json.dumps(process.handle()))
        new.replace(self.folder / f"{ticket.key}.handle")


def main(folder: str, name: str, function: str, count: str) -> None:
    """Run the jobs."""
    here = Path(folder)
    recorder = Driver()
    recorder.folder = here
    launcher = DirectLauncher()
    keys = [f"{name}-{index}" for index in range(int(count))]
    path = (str(Path(__file__).parent), *filter(None, sys.path))
    for key in keys:
        out = here / f"{key}.out"
        call = PythonCall(f"launcher_jobs:{function}", (folder, key))
        recorder.run(launcher, key, Command(call, here, out, out, os.environ.copy(), path))
    (here / f"{name}.requested").touch()
    for key in keys:
        print(key, recorder.end(key), flush=True)


main(*sys.argv[1:])
