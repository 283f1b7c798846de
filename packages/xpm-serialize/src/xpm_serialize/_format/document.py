"""Documents: what a definition's file holds, and their versions."""

from __future__ import annotations

from typing import Any

from xpm_serialize.exceptions import DefinitionFileError, VersionError

#: The version that is written
VERSION = 3
_VERSIONS = range(1, VERSION + 1)


def check_document(document: Any, name: str) -> dict[str, Any]:
    """Check the form of a document that holds objects.

    Raises:
        VersionError: it is of a version that is not known.
        DefinitionFileError: it is of another form.
    """
    if type(document) is not dict or type(document.get("objects")) is not list:
        raise DefinitionFileError(f'{name}: expected a JSON object with a list named "objects"')
    version = document.get("version", 3)
    if type(version) is not int or version not in _VERSIONS:
        raise VersionError(
            f"{name}: written in version {version!r} of the format; "
            f"this release reads versions {_VERSIONS.start} to {_VERSIONS.stop - 1}"
        )
    return document


def as_document(value: Any) -> Any:
    """What a definition's file holds, as a document.

    The ``__xpm__.serialize`` of 2.x writes the records alone, the last one being the object.
    """
    if type(value) is not list or not value or type(value[-1]) is not dict:
        return value
    number = value[-1].get("id")
    return {"objects": value, "data": {"type": "python", "value": number}}
