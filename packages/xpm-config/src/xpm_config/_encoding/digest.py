"""SHA-256, loaded when the first identifier is asked for: hashlib costs start-up time."""

from __future__ import annotations

from typing import Any


def _load(data: bytes) -> Any:
    global _new
    import hashlib

    _new = hashlib.sha256
    return _new(data)


_new: Any = _load


def sha256(data: bytes) -> bytes:
    """The digest (32 bytes)."""
    return _new(data).digest()  # type: ignore[no-any-return] # hashlib's


def sorted_by_digest(parts: list[bytes]) -> list[bytes]:
    """Byte strings, by ascending digest."""
    sha256(b"")  # loads hashlib
    new = _new
    return sorted(parts, key=lambda part: new(part).digest())
