"""Check a saved folder without loading anything of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from xpm_serialize._format.document import (
    as_document,
    check_document,
    data_references,
    objects,
)
from xpm_serialize._format.source import Source, check_relative, read_json
from xpm_serialize._writing.save import DEFINITION
from xpm_serialize.exceptions import DefinitionFileError, UnsafePathError


def check_folder(
    folder: str | Path, definition_filename: str = DEFINITION, *, inside: str | Path | None = None
) -> dict[str, Any]:
    """Check that a folder holds a definition, and the data files that it refers to.

    No class is imported, and nothing is executed.

    Args:
        folder: the folder.
        definition_filename: the file of the definition.
        inside: the folder that links may not lead out of; by default, `folder`.

    Returns:
        The definition.

    Raises:
        DefinitionNotFoundError: there is no definition.
        UnsafePathError: it leads out of the folder.
        DefinitionFileError: it is not what it should be, or a data file is missing.
    """
    path = Path(folder) / definition_filename
    document = check_document(as_document(read_json(path)), str(path))
    Source(str(path), objects(document))
    root = os.path.realpath(folder if inside is None else inside)
    for form in data_references(document):
        value = check_relative(form.get("value"), str(path))
        found = os.path.realpath(Path(folder) / value)
        if found != root and not found.startswith(root + os.sep):
            raise UnsafePathError(f"{path}: {value!r} is a link that leads out of the folder")
        if not os.path.exists(found):
            raise DefinitionFileError(f"{path}: the data file {value!r} is missing")
    return document
