"""Whether those who hold units, or wait for some, are alive."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from xpm_launchers._processes.handles import process_from_handle
from xpm_launchers.exceptions import ForeignHostError
from xpm_os.locks import is_locked

from .queue import Claim

#: Folder of the life files, in that of the counter
LIVES = "holders"


def is_alive(claim: Claim, folder: str, mine: str) -> bool:
    """Tell whether anything shows that a claim's holder is alive.

    Args:
        folder: The counter's folder.
        mine: The life file of whoever asks.
    """
    evidence = claim.evidence
    if time.time() < evidence.until:
        return True
    if evidence.own and owner_is_alive(claim.owner, folder, mine):
        return True
    if any(is_locked(path) for path in evidence.locks):
        return True
    return evidence.process is not None and _runs(evidence.process)


def owner_is_alive(owner: str, folder: str, mine: str) -> bool:
    """Tell whether the process with a life file is alive."""
    return owner == mine or is_locked(os.path.join(folder, owner))


def _runs(handle: Mapping[str, Any]) -> bool:
    try:
        return process_from_handle(handle).is_running()
    except ForeignHostError:
        return False  # it cannot be asked from here: the locks have the word
