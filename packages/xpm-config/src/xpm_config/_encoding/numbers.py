"""The bytes that stand for many numbers, laid out without a Python step for each."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from .collections import comparable, dict_encoder, sequence_encoder, set_encoder
from .digest import sorted_by_digest
from .scheme import encode_float, encode_int

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import TypeGuard

    from xpm_config._model.type import Encode

# how `struct` packs a number, and the tag before it
_NUMBERS: dict[type, tuple[str, bytes]] = {int: ("q", b"\x01"), float: ("d", b"\x02")}
_ELEMENTS: dict[type, Encode] = {int: encode_int, float: encode_float}


def is_number(kind: type | None) -> TypeGuard[type]:
    """Return whether values of this type are packed many at a time."""
    return kind in _NUMBERS


def _lay(numbers: Collection[Any], kind: type, laid: bytearray, start: int, width: int) -> None:
    """Write the encodings of numbers into `laid`, `width` bytes apart.

    Raises:
        struct.error: an int has more than 64 bits.
    """
    code, tag = _NUMBERS[kind]
    packed = struct.pack(f"!{len(numbers)}{code}", *numbers)
    laid[start::width] = tag * len(numbers)
    for byte in range(8):
        laid[start + 1 + byte :: width] = packed[byte::8]


def _laid(numbers: Collection[Any], kind: type) -> bytearray | None:
    """Return the encodings of numbers one after the other, or None if an int is too long."""
    laid = bytearray(9 * len(numbers))
    try:
        _lay(numbers, kind, laid, 0, 9)
    except struct.error:
        return None
    return laid


def numbers_encoder(kind: type) -> Encode:
    """Return the encoder of lists of int or float, without a Python step for each number."""
    element = _ELEMENTS[kind]
    slow = sequence_encoder(element)

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        laid = _laid(value, kind) if len(value) >= 16 else None
        if laid is None:
            return slow(value, refs, inner, follow)
        return b"\x07" + struct.pack("!d", len(value)) + laid

    return encode


def numbers_dict_encoder(key: type, element: type) -> Encode:
    """Return the encoder of dictionaries of numbers by number, likewise."""
    slow = dict_encoder(_ELEMENTS[key], _ELEMENTS[element])

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        if len(value) < 16 or follow or not comparable(value):
            return slow(value, refs, inner, follow)
        keys = sorted(value)
        laid = bytearray(18 * len(keys))
        try:
            _lay(keys, key, laid, 0, 18)
            _lay([value[name] for name in keys], element, laid, 9, 18)
        except struct.error:
            return slow(value, refs, inner, follow)
        return b"\x09" + laid

    return encode


def numbers_set_encoder(kind: type) -> Encode:
    """Return the encoder of sets of numbers, likewise."""
    slow = set_encoder(_ELEMENTS[kind])

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        laid = _laid(value, kind) if len(value) >= 16 else None
        if laid is None:
            return slow(value, refs, inner, follow)
        whole = bytes(laid)
        parts = [whole[at : at + 9] for at in range(0, len(whole), 9)]
        return b"\x0e" + struct.pack("!d", len(parts)) + b"".join(sorted_by_digest(parts))

    return encode
