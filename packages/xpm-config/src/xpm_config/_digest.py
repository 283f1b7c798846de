"""SHA-256, loaded when the first identifier is asked for."""

from __future__ import annotations

import hashlib


def sha256(data: bytes) -> bytes:
    """The digest (32 bytes)."""
    return hashlib.sha256(data).digest()
