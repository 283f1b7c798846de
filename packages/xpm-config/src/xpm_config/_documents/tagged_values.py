"""What plain data does not have, and how it is written: `{"$set": [...]}` and the like."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config._model.display import describe
from xpm_config._model.state import ConfigObject
from xpm_config._objects.sealing import seal

from .errors import Fault
from .lookup import find_member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .errors import Place

FORMS = frozenset({"$set", "$frozenset", "$tuple", "$path", "$bytes", "$enum", "$dict"})


def decoded(text: Any, place: Place) -> bytes:
    """Return bytes from their base64 form."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Fault(place, f"expected bytes in base64, got {describe(text)}") from None


def special(form: str, content: object, place: Place) -> object:
    """Return the value of a form that holds no other values."""
    if form == "$bytes":
        return decoded(content, place)
    if not isinstance(content, str):
        raise Fault(place, f"expected a text, got {describe(content)}")
    if form == "$path":
        return Path(content)
    try:
        return find_member(content)
    except LookupError as error:
        raise Fault(place, str(error)) from None


def hashed(items: Sequence[object], place: Place) -> set[object]:
    """Return a set; its configurations are sealed to be hashed."""
    for item in items:
        if isinstance(item, ConfigObject):
            seal(item, None)
    try:
        return set(items)
    except TypeError as error:
        raise Fault(place, str(error)) from None
