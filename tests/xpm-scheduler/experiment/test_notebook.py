"""Plans in a notebook, executed by a real kernel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.requires_notebook

_START = """
import os, sys, threading
from pathlib import Path
from sample import Add, Gate, wait_for
from xpm_scheduler import Task, experiment
here = Path.cwd()
"""


class _Cell:
    """What a cell has put out."""

    def __init__(self, outputs: list[dict[str, Any]]) -> None:
        self.out = self._stream(outputs, "stdout")
        self.err = self._stream(outputs, "stderr")
        errors = [each for each in outputs if each["output_type"] == "error"]
        self.error = errors[0]["ename"] if errors else None
        self.message = errors[0]["evalue"] if errors else ""

    @staticmethod
    def _stream(outputs: list[dict[str, Any]], name: str) -> str:
        texts = [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == name]
        return "".join(texts)


def _execute(folder: Path, modules: Path, *cells: str) -> list[_Cell]:
    """Execute cells in a kernel whose working folder is this one."""
    done = subprocess.run(
        [sys.executable, str(modules / "execute_notebook.py"), str(folder / "interrupt")],
        cwd=folder,
        input=json.dumps([_START, *cells]),
        env={**os.environ, "PYTHONPATH": str(modules), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=55,
    )
    assert done.returncode == 0, done.stderr
    first, *others = [_Cell(outputs) for outputs in json.loads(done.stdout)]
    assert first.error is None, first.message
    return others


def test_a_plan_runs_in_the_cells_of_a_notebook(tmp_path: Path, sample_modules: Path) -> None:
    opened, submitted, closed, block, shared, cell = _execute(
        tmp_path,
        sample_modules,
        'xp = experiment("ws", "over-cells").__enter__()',
        "one, two = Add.C(x=1).submit(), Gate.C(number=1, folder=here).submit()\n"
        "wait_for(here / 'pid-1'); one.wait(); print(one.out.read_text())",
        "(here / 'open').touch()\n"
        "xp.__exit__(None, None, None); print(experiment.CURRENT, two.job.state.value)",
        'with experiment("ws", "block") as xp:\n    Add.C(x=2).submit()\nprint(xp.failed)',
        # What a fork server has open is its own: nothing of the kernel.
        "def links(pid):\n"
        "    found = set()\n"
        "    for fd in Path(f'/proc/{pid}/fd').iterdir():\n"
        "        try: found.add(os.readlink(fd))\n"
        "        except OSError: pass\n"
        "    return {link for link in found if link.startswith(('pipe:', 'socket:'))}\n"
        "runtime = os.environ['XPM_RUNTIME_DIR']\n"
        "servers = [p.name for p in Path('/proc').glob('[0-9]*') if p.name != str(os.getpid())\n"
        "           and runtime in (p / 'cmdline').read_text(errors='replace')\n"
        "           and 'xpm_launchers.forkserver' in (p / 'cmdline').read_text(errors='replace')\n"
        "]\n"
        "print(len(servers), [links('self') & links(pid) for pid in servers])",
        'class Typed(Task):\n    """Is in no file."""\n'
        'with experiment("ws", "typed") as xp:\n    Typed.C().submit()',
    )
    assert opened.error is None, opened.message
    assert submitted.out == "1\n"
    # The live line is below the cell: it takes itself back, and goes when all has ended.
    printed = opened.err + submitted.err + closed.err
    assert re.search(r"\rover-cells: +\d+%.*\d running, \d waiting\]", printed), printed
    assert closed.out == "None done\n"
    assert "over-cells: 2 tasks: 2 done, in" in printed
    assert (block.error, block.out) == (None, "False\n")
    assert shared.out == "1 [set()]\n"
    assert cell.error == "SubmissionError"
    assert "Typed was defined in a notebook's cell" in cell.message


def test_an_interrupt_ends_waiting_and_the_jobs_go_on(tmp_path: Path, sample_modules: Path) -> None:
    waited, again, journal = _execute(
        tmp_path,
        sample_modules,
        # Interrupted once the cell waits for the job, which runs.
        "def announce():\n"
        "    event = threading.Event()\n"
        "    while True:\n"
        "        frame = sys._current_frames()[threading.main_thread().ident]\n"
        "        while frame is not None and frame.f_code.co_name != 'wait_until':\n"
        "            frame = frame.f_back\n"
        "        if frame is not None and (here / 'pid-1').exists():\n"
        "            break\n"
        "        event.wait(0.01)\n"
        "    (here / 'interrupt').touch()\n"
        "with experiment('ws', 'interrupted') as xp:\n"
        "    task = Gate.C(number=1, folder=here).submit()\n"
        "    threading.Thread(target=announce).start()",
        "(here / 'open').touch()\n"
        "with experiment('ws', 'interrupted') as xp:\n"
        "    task = Gate.C(number=1, folder=here).submit()\n"
        "print(task.job.state.value)",
        "print((here / 'journal').read_text())",
    )
    assert waited.error == "KeyboardInterrupt"
    assert "1 task goes on without this process" in waited.err
    assert (again.error, again.out) == (None, "done\n")
    assert journal.out.split() == ["begin", "1", "end", "1"]
