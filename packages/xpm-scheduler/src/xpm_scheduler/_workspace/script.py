"""The script in a job's folder that runs the job by hand."""

from __future__ import annotations

import json


def script_text(python: str, python_path: tuple[str, ...]) -> str:
    """Return the text of the script.

    Args:
        python: the interpreter that ran the job.
        python_path: where modules were found.
    """
    return (
        f"#!{python}\n"
        "# Runs this job by hand: python <this file>\n"
        "import sys\n"
        "from pathlib import Path\n\n"
        "# The first entry is this folder: its files must not hide the user's modules.\n"
        f"sys.path[0:1] = {json.dumps(list(python_path))}\n\n"
        "from xpm_scheduler.runner import by_hand\n\n"
        "sys.exit(by_hand(Path(__file__).parent))\n"
    )
