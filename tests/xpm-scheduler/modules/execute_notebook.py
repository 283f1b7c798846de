"""Executes cells in a kernel, and prints what each has put out, as JSON.

Usage: python execute_notebook.py FILE < cells as a JSON list. The kernel is interrupted, as by
the button of a notebook, when FILE appears.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


async def interrupt(client: Any, file: Path) -> None:
    while not file.exists():
        await asyncio.sleep(0.05)
    await client.km.interrupt_kernel()


new: Any = nbformat.v4  # has no type information


async def execute(cells: list[str], file: Path) -> list[list[dict[str, Any]]]:
    notebook = new.new_notebook(cells=[new.new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, timeout=50, kernel_name="python3", allow_errors=True)
    interrupting = asyncio.create_task(interrupt(client, file))
    await client.async_execute()
    interrupting.cancel()
    return [[dict(output) for output in cell.outputs] for cell in notebook.cells]


if __name__ == "__main__":
    # Not on the path of the kernel: a plan's modules are, as they are beside a notebook.
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    outputs = asyncio.run(execute(json.load(sys.stdin), Path(sys.argv[1])))
    json.dump(outputs, sys.stdout)
