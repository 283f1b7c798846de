"""SHA-256, loaded when the first identifier is asked for: hashlib costs start-up time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hashlib
    from collections.abc import Callable


def _load(data: bytes) -> hashlib._Hash:
    global _new
    import hashlib

    _new = hashlib.sha256
    return _new(data)


_new: Callable[[bytes], hashlib._Hash] = _load


def sha256(data: bytes) -> bytes:
    """Return the digest (32 bytes)."""
    return _new(data).digest()


def sorted_by_digest(parts: list[bytes]) -> list[bytes]:
    """Return byte strings, by ascending digest."""
    sha256(b"")  # loads hashlib
    new = _new
    return sorted(parts, key=lambda part: new(part).digest())
