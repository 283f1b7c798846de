"""The bytes that stand for a value of no declared type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config._model.state import ConfigObject
from xpm_config.exceptions import EncodingError

from .collections import dict_encoder, sequence_encoder, set_encoder, tuple_encoder
from .scheme import (
    encode_bool_extended,
    encode_bytes,
    encode_config,
    encode_enum,
    encode_float,
    encode_int,
    encode_none,
    encode_path,
    encode_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_config._model.type import Encode


def encode_any(value: Any, refs: Mapping[int, bytes], inner: bool, follow: bool) -> bytes:
    """Return the bytes of a value of any type, by the type it has."""
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
    type(None): encode_none,
    bool: encode_bool_extended,
    int: encode_int,
    float: encode_float,
    str: encode_text,
    bytes: encode_bytes,
    list: sequence_encoder(encode_any),
    tuple: tuple_encoder(None, encode_any),
    dict: dict_encoder(encode_any, encode_any),
    set: set_encoder(encode_any),
    frozenset: set_encoder(encode_any),
}
