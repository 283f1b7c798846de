r"""The bytes that stand for a value in an identifier.

Scheme 2, with which existing workspaces were made, is not injective: texts and
dictionaries have no length, so that two values may have one encoding. This module keeps
its bytes wherever they can be decoded without ambiguity, and gives every other value an
encoding under the tag `0f`, which scheme 2 never writes, followed by a kind and explicit
lengths. The rule:

1. A **text** (a string) ends where the next token starts. As the value of an argument it can only
   be followed by another argument (`03 name 05`), by init tasks (`0c 00`) or by the end:
   it is written under `0f` if it contains one of these sequences (a name has no control
   character). Inside a container it may be followed by any token; it is written under
   `0f` if it contains one of the bytes 00-03, 05-07, 0e, 0f; a line feed followed by
   what an enumeration's member looks like (`module.name:MEMBER` up to the next token);
   or if it ends with a tab or a form feed. Other tabs, line feeds and carriage returns
   are text. A text that UTF-8 cannot write (lone surrogates) goes under `0f` too.
2. An **enumeration's member** is written under `0f` if its text does not look as in 1.
3. A **dictionary** has no end: what follows would be read as its next key. It is
   written under `0f`, with its length, if the token that follows it could be a key: that
   is unless it ends an argument or is followed by a list, a set or another (unextended)
   dictionary.
   So the last dictionary in a dictionary stays as it is. Keys that cannot be compared
   with each other are sorted by their encoding, under `0f` as well.
4. A **bool** is an int where the declared type admits no int; elsewhere (`Any`,
   `int | bool`) it goes under `0f`, so that `True` is not 1.
5. An **int** beyond 64 bits, `bytes`, tuples, and paths (inside other values) go under `0f`.
6. A **nested identifier** that begins as a loop does (`0b 00 00 00 00`) goes under `0f`.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from ._base import ConfigObject, qualified
from ._digest import sorted_by_digest
from .exceptions import EncodingError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import TypeGuard

    # (value, references to the configurations in it, whether it is inside a container,
    # whether what follows could be read as a dictionary's key) → bytes
    Encode = Callable[[Any, Mapping[int, bytes], bool, bool], bytes]

EXTENDED = b"\x0f"
TEXT, INT, BOOL, BYTES, TUPLE, DICT, PATH, ENUM, CONFIG = b"TIBYUDPEC"

_pack_int = struct.Struct("!cq").pack
_pack_float = struct.Struct("!cd").pack
_length = struct.Struct("!q").pack

_MEMBER = r"[\w.<>]+\.[\w<>]+:\w+"
_is_member = re.compile(_MEMBER).fullmatch
# What a text must not contain: as an argument's value, and inside a container.
_ambiguous = re.compile(r"\x03[^\x00-\x1f]+\x05|\x0c\x00").search
_ambiguous_inside = re.compile(
    rf"[\x00-\x03\x05-\x07\x0e\x0f]|[\t\x0c]\Z|\n{_MEMBER}(?=[\x00-\x0f]|\Z)"
).search
# Almost every text has no control character at all.
_has_control = re.compile(r"[\x00-\x0f]").search


def extended(kind: int, *parts: bytes) -> bytes:
    """An encoding under the tag that scheme 2 does not have."""
    return EXTENDED + bytes((kind,)) + b"".join(parts)


def _sized(kind: int, data: bytes) -> bytes:
    return extended(kind, _length(len(data)), data)


def encode_text(value: str, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
    if _has_control(value) and (_ambiguous_inside if inner else _ambiguous)(value):
        return _sized(TEXT, value.encode("utf-8", "surrogatepass"))
    try:
        return b"\x03" + value.encode()
    except UnicodeEncodeError:
        return _sized(TEXT, value.encode("utf-8", "surrogatepass"))


def encode_int(value: int, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
    try:
        return _pack_int(b"\x01", value)
    except struct.error:
        size = value.bit_length() // 8 + 1
        return _sized(INT, value.to_bytes(size, "big", signed=True))


encode_bool = encode_int


def encode_float(value: float, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
    return _pack_float(b"\x02", value)


def encode_config(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
    return refs[id(value)]


def reference(digest: bytes) -> bytes:
    """How a nested configuration of this identifier is written."""
    if digest.startswith(b"\x0b\0\0\0\0"):
        return extended(CONFIG, digest)
    return b"\0" + digest


def loop_reference(distance: int) -> bytes:
    """How a configuration that is already on the path is written."""
    return b"\0\x0b" + _length(distance)


def instance_position(position: int) -> bytes:
    """What follows an instance that is not the first object of its identifier."""
    return b"\x0d" + _length(position) if position else b""


def _encode_bool_extended(value: bool, *_: Any) -> bytes:
    return extended(BOOL, b"\1" if value else b"\0")


def _encode_none(*_: Any) -> bytes:
    return b"\x06"


def _encode_bytes(value: bytes, *_: Any) -> bytes:
    return _sized(BYTES, value)


def encode_enum(value: Any, *_: Any) -> bytes:
    cls = qualified(type(value))
    text = f"{cls}:{value.name}"
    if value.name is None:  # a combination of flags, on Python 3.10
        text = f"{cls}:{value.value}"
    elif _is_member(text):
        return b"\x0a" + text.encode()
    return _sized(ENUM, text.encode("utf-8", "surrogatepass"))


def encode_path(value: Any, *_: Any) -> bytes:
    return _sized(PATH, value.as_posix().encode("utf-8", "surrogatepass"))


def is_meta(value: Any) -> bool:
    """Whether the value is a configuration that was said not to count."""
    return isinstance(value, ConfigObject) and value.__xpm__.meta is True


def could_be_key(encoded: bytes) -> bool:
    """Whether the token that starts these bytes could be a dictionary's key."""
    return encoded[0] not in b"\x07\x09\x0e" and encoded[:2] != b"\x0fD"


def sequence_encoder(element: Encode) -> Encode:
    """The encoder of lists whose elements are encoded so."""
    return lambda value, refs, inner, follow: (
        b"\x07" + encode_elements(value, element, refs, follow, struct.pack("!d", len(value)))
        if not any(map(is_meta, value))
        else _without_meta(value, element, refs, follow)
    )


def configs_encoder() -> Encode:
    """The encoder of lists of configurations: many may hold the same ones."""
    slow = sequence_encoder(encode_config)

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        for item in value:
            if item.__xpm__.meta is True:
                return slow(value, refs, inner, follow)
        start = b"\x07" + struct.pack("!d", len(value))
        return start + b"".join([refs[key] for key in map(id, value)])

    return encode


def _without_meta(value: Any, element: Encode, refs: Mapping[int, bytes], follow: bool) -> bytes:
    kept = [item for item in value if not is_meta(item)]
    return b"\x07" + encode_elements(kept, element, refs, follow, struct.pack("!d", len(kept)))


def encode_elements(
    items: Any, element: Encode, refs: Mapping[int, bytes], follow: bool, start: bytes
) -> bytes:
    """Encodes from the last to the first: whether a dictionary needs its length depends
    on what follows it."""
    parts = []
    for item in reversed(items):
        encoded = element(item, refs, True, follow)
        parts.append(encoded)
        follow = could_be_key(encoded)
    parts.append(start)
    parts.reverse()
    return b"".join(parts)


_NUMBERS: dict[type, tuple[str, bytes]] = {int: ("q", b"\x01"), float: ("d", b"\x02")}


def is_number(kind: type | None) -> TypeGuard[type]:
    """Whether values of this type are packed many at a time."""
    return kind in _NUMBERS


def _lay(numbers: Collection[Any], kind: type, laid: bytearray, start: int, width: int) -> None:
    """Writes the encodings of numbers into `laid`, `width` bytes apart.

    Raises:
        struct.error: an int has more than 64 bits.
    """
    code, tag = _NUMBERS[kind]
    packed = struct.pack(f"!{len(numbers)}{code}", *numbers)
    laid[start::width] = tag * len(numbers)
    for byte in range(8):
        laid[start + 1 + byte :: width] = packed[byte::8]


def numbers_encoder(kind: type) -> Encode:
    """The encoder of lists of int or float, without a Python step for each number."""
    element = _BY_TYPE[kind]
    slow = sequence_encoder(element)

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        if len(value) < 16:
            return slow(value, refs, inner, follow)
        laid = bytearray(9 * len(value))
        try:
            _lay(value, kind, laid, 0, 9)
        except struct.error:
            return slow(value, refs, inner, follow)
        return b"\x07" + struct.pack("!d", len(value)) + laid

    return encode


def numbers_dict_encoder(key: type, element: type) -> Encode:
    """The encoder of dictionaries of numbers by number, likewise."""
    slow = dict_encoder(_BY_TYPE[key], _BY_TYPE[element])

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        if len(value) < 16 or follow or not _comparable(value):
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
    """The encoder of sets of numbers, likewise."""
    slow = set_encoder(_BY_TYPE[kind])

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        if len(value) < 16:
            return slow(value, refs, inner, follow)
        laid = bytearray(9 * len(value))
        try:
            _lay(value, kind, laid, 0, 9)
        except struct.error:
            return slow(value, refs, inner, follow)
        whole = bytes(laid)
        parts = [whole[at : at + 9] for at in range(0, len(whole), 9)]
        return b"\x0e" + struct.pack("!d", len(parts)) + b"".join(sorted_by_digest(parts))

    return encode


def set_encoder(element: Encode) -> Encode:
    """The encoder of sets: elements sorted by the digest of their encoding."""

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        parts = [element(item, refs, True, True) for item in value if not is_meta(item)]
        return b"\x0e" + struct.pack("!d", len(parts)) + b"".join(sorted_by_digest(parts))

    return encode


def tuple_encoder(elements: tuple[Encode, ...] | None, rest: Encode | None) -> Encode:
    """The encoder of tuples, given the encoder of each element or one for all."""

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        parts = []
        for position in range(len(value) - 1, -1, -1):
            item = value[position]
            if is_meta(item):
                continue
            encoder = rest if rest is not None else (elements or ())[position]
            parts.append(encoder(item, refs, True, follow))
            follow = could_be_key(parts[-1])
        parts.append(_length(len(parts)))
        parts.reverse()
        return extended(TUPLE, *parts)

    return encode


def dict_encoder(key: Encode, element: Encode) -> Encode:
    """The encoder of dictionaries, by ascending key."""

    def encode(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
        items = [item for item in ordered_items(value) if not any(map(is_meta, item))]
        counted = follow
        if not _comparable(value):
            items.sort(key=lambda item: key(item[0], refs, True, True))
            counted |= len(items) != 1 or not could_be_key(key(items[0][0], refs, True, True))
        parts = []
        for name, item in reversed(items):
            parts.append(element(item, refs, True, follow))
            parts.append(key(name, refs, True, True))
            follow = True  # what follows the value before is this key
        parts.reverse()
        if counted:
            return extended(DICT, _length(len(items)), *parts)
        return b"\x09" + b"".join(parts)

    return encode


def _first(item: tuple[Any, Any]) -> Any:
    return item[0]


def ordered_items(value: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """The items of a dictionary by ascending key, as given where keys have no order."""
    items = list(value.items())
    if _comparable(value):
        items.sort(key=_first)
    return items


def _comparable(keys: Iterable[Any]) -> bool:
    """Whether any two of the keys can be compared, and the order is total."""
    if all(isinstance(key, str) for key in keys):
        return True
    return all(isinstance(key, (int, float)) and key == key for key in keys)


def encode_any(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
    """The bytes of a value of any type, by the type it has."""
    encode = _BY_TYPE.get(type(value))
    if encode is None:
        encode = _find(value)
    return encode(value, refs, inner, follow)


def _find(value: Any) -> Encode:
    if isinstance(value, ConfigObject):
        return encode_config
    # found by the time they are met: both modules cost start-up time
    import enum
    import pathlib

    if isinstance(value, enum.Enum):
        return encode_enum
    if isinstance(value, pathlib.PurePath):
        return encode_path
    for known in (bool, int, float, str, bytes, list, tuple, dict, set, frozenset):
        if isinstance(value, known):
            return _BY_TYPE[known]
    raise EncodingError(
        f"a value of type {type(value).__module__}.{type(value).__qualname__} cannot count in "
        "an identifier; expected None, bool, int, float, str, bytes, Path, an enumeration's "
        "member, a configuration, or a list, tuple, set or dict of these"
    )


_BY_TYPE: dict[type, Encode] = {
    type(None): _encode_none,
    bool: _encode_bool_extended,
    int: encode_int,
    float: encode_float,
    str: encode_text,
    bytes: _encode_bytes,
    list: sequence_encoder(encode_any),
    tuple: tuple_encoder(None, encode_any),
    dict: dict_encoder(encode_any, encode_any),
    set: set_encoder(encode_any),
    frozenset: set_encoder(encode_any),
}
