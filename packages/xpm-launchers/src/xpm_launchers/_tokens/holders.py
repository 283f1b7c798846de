"""Whether the holders of units, and those that wait for some, are alive."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from xpm_launchers._host.handles import process_from_handle
from xpm_launchers.exceptions import ForeignHostError
from xpm_os.locks import is_locked

from .queue import Claim

#: Folder of the holder files, in that of the counter
HOLDERS = "holders"


def is_alive(claim: Claim, folder: str, own: str) -> bool:
    """Return whether any evidence shows that a claim's holder is alive.

    Args:
        claim: The claim.
        folder: The counter's folder.
        own: The holder file of this process.
    """
    evidence = claim.evidence
    if time.time() < evidence.until:
        return True
    if evidence.own and holder_is_alive(claim.holder, folder, own):
        return True
    if any(is_locked(path) for path in evidence.locks):
        return True
    return evidence.process is not None and _runs(evidence.process)


def holder_is_alive(holder: str, folder: str, own: str) -> bool:
    """Return whether the process with a holder file is alive."""
    return holder == own or is_locked(os.path.join(folder, holder))


def _runs(handle: Mapping[str, Any]) -> bool:
    try:
        return process_from_handle(handle).is_running()
    except ForeignHostError:
        return False  # not known from here: the locks decide
