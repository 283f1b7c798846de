"""The bytes that stand for lists, sets, tuples and dictionaries (the rules are in `_encoding`)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from xpm_config._model.checks import is_meta

from .digest import sorted_by_digest
from .scheme import DICT, TUPLE, extended, length

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xpm_config._model.type import Encode


def sequence_encoder(element: Encode) -> Encode:
    """Return the encoder of lists whose elements are encoded so."""
    return lambda value, refs, inner, follow: (
        b"\x07" + encode_elements(value, element, refs, follow, struct.pack("!d", len(value)))
        if not any(map(is_meta, value))
        else _without_meta(value, element, refs, follow)
    )


def _without_meta(value: Any, element: Encode, refs: Mapping[int, bytes], follow: bool) -> bytes:
    kept = [item for item in value if not is_meta(item)]
    return b"\x07" + encode_elements(kept, element, refs, follow, struct.pack("!d", len(kept)))


def encode_elements(
    items: Any, element: Encode, refs: Mapping[int, bytes], follow: bool, start: bytes
) -> bytes:
    """Return the encoding of elements, made from the last to the first.

    Whether a dictionary needs its length depends on what follows it.
    """
    parts = []
    for item in reversed(items):
        encoded = element(item, refs, True, follow)
        parts.append(encoded)
        follow = could_be_key(encoded)
    parts.append(start)
    parts.reverse()
    return b"".join(parts)


def configs_encoder() -> Encode:
    """Return the encoder of lists of configurations: many may hold the same ones."""

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        parts = [refs[id(item)] for item in value if item.__xpm__.meta is not True]
        return b"\x07" + struct.pack("!d", len(parts)) + b"".join(parts)

    return encode


def set_encoder(element: Encode) -> Encode:
    """Return the encoder of sets: elements sorted by the digest of their encoding."""

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        parts = [element(item, refs, True, True) for item in value if not is_meta(item)]
        return b"\x0e" + struct.pack("!d", len(parts)) + b"".join(sorted_by_digest(parts))

    return encode


def tuple_encoder(elements: tuple[Encode, ...] | None, rest: Encode | None) -> Encode:
    """Return the encoder of tuples, given the encoder of each element or one for all."""

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        parts = []
        for position in range(len(value) - 1, -1, -1):
            item = value[position]
            if is_meta(item):
                continue
            encoder = rest if rest is not None else (elements or ())[position]
            parts.append(encoder(item, refs, True, follow))
            follow = could_be_key(parts[-1])
        parts.append(length(len(parts)))
        parts.reverse()
        return extended(TUPLE, *parts)

    return encode


def dict_encoder(key: Encode, element: Encode) -> Encode:
    """Return the encoder of dictionaries, by ascending key."""

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        items = [item for item in ordered_items(value) if not any(map(is_meta, item))]
        counted = follow
        if not comparable(value):
            items.sort(key=lambda item: key(item[0], refs, True, True))
            counted |= len(items) != 1 or not could_be_key(key(items[0][0], refs, True, True))
        parts = []
        for name, item in reversed(items):
            parts.append(element(item, refs, True, follow))
            parts.append(key(name, refs, True, True))
            follow = True  # what follows the value before is this key
        parts.reverse()
        if counted:
            return extended(DICT, length(len(items)), *parts)
        return b"\x09" + b"".join(parts)

    return encode


def _first(item: tuple[Any, Any]) -> Any:
    return item[0]


def ordered_items(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """Return the items of a dictionary by ascending key, as given where keys have no order."""
    items = list(value.items())
    if comparable(value):
        items.sort(key=_first)
    return items


def comparable(keys: Iterable[Any]) -> bool:
    """Return whether any two of the keys can be compared, and the order is total."""
    if all(isinstance(key, str) for key in keys):
        return True
    return all(isinstance(key, (int, float)) and key == key for key in keys)


def could_be_key(encoded: bytes) -> bool:
    """Return whether the token that starts these bytes could be a dictionary's key."""
    return encoded[0] not in b"\x07\x09\x0e" and encoded[:2] != b"\x0fD"
