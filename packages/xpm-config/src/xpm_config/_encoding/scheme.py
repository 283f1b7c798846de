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

from xpm_config._model.names import qualified

if TYPE_CHECKING:
    from collections.abc import Mapping

EXTENDED = b"\x0f"
TEXT, INT, BOOL, BYTES, TUPLE, DICT, PATH, ENUM, CONFIG = b"TIBYUDPEC"

_pack_int = struct.Struct("!cq").pack
_pack_float = struct.Struct("!cd").pack
length = struct.Struct("!q").pack

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
    """Return an encoding under the tag that scheme 2 does not have."""
    return EXTENDED + bytes((kind,)) + b"".join(parts)


def _sized(kind: int, data: bytes) -> bytes:
    return extended(kind, length(len(data)), data)


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
    """Return how a nested configuration of this identifier is written."""
    if digest.startswith(b"\x0b\0\0\0\0"):
        return extended(CONFIG, digest)
    return b"\0" + digest


def loop_reference(distance: int) -> bytes:
    """Return how a configuration that is already on the path is written."""
    return b"\0\x0b" + length(distance)


def instance_position(position: int) -> bytes:
    """Return what follows an instance that is not the first object of its identifier."""
    return b"\x0d" + length(position) if position else b""


def encode_bool_extended(value: bool, *_: Any) -> bytes:
    return extended(BOOL, b"\1" if value else b"\0")


def encode_none(*_: Any) -> bytes:
    return b"\x06"


def encode_bytes(value: bytes, *_: Any) -> bytes:
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
