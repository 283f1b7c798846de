"""Documents: what a definition's file holds, and their versions."""

from __future__ import annotations

from collections.abc import Mapping

from xpm_serialize.exceptions import DefinitionFileError, VersionError

from .json_types import Json, JsonObject

#: The version that is written
VERSION = 3
_READABLE = range(1, VERSION + 1)


def check_document(document: Json | Mapping[str, Json], name: str) -> JsonObject:
    """Return a document that holds objects, its form being checked.

    Args:
        document: what was read.
        name: the name for messages: the file's path.

    Raises:
        VersionError: it is of a version that is not known.
        DefinitionFileError: it is of another form.
    """
    if type(document) is not dict or type(document.get("objects")) is not list:
        raise DefinitionFileError(f'{name}: expected a JSON object with a list named "objects"')
    version = document.get("version", 3)
    if type(version) is not int or version not in _READABLE:
        raise VersionError(
            f"{name}: written in version {version!r} of the format; "
            f"this release reads versions {_READABLE.start} to {_READABLE.stop - 1}"
        )
    return document


def objects(document: JsonObject) -> list[Json]:
    """Return the records of a document that was checked."""
    records = document["objects"]
    assert type(records) is list
    return records


def as_document(value: Json) -> Json:
    """Return what a definition's file holds, as a document.

    `__xpm__.serialize` of release 2.x writes the records alone; the last one is the object.
    """
    if type(value) is not list or not value:
        return value
    last = value[-1]
    if type(last) is not dict:
        return value
    return {"objects": value, "data": {"type": "python", "value": last.get("id")}}


def data_references(document: Json) -> list[JsonObject]:
    """Return the JSON forms of the data files that a definition refers to.

    Args:
        document: the definition; one of another form refers to none.
    """
    found: list[JsonObject] = []
    records = document.get("objects") if isinstance(document, dict) else None
    for record in records if isinstance(records, list) else []:
        fields = record.get("fields") if isinstance(record, dict) else None
        for form in fields.values() if isinstance(fields, dict) else []:
            if isinstance(form, dict) and form.get("type") == "path.serialized":
                found.append(form)
    return found


def data_paths(document: Json) -> set[str]:
    """Return the paths of the data files that a definition refers to (see `data_references`)."""
    values = [form.get("value") for form in data_references(document)]
    return {value for value in values if isinstance(value, str)}
