"""The files of a repository."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
)

from xpm_hf.exceptions import HubError, VariantNotFoundError
from xpm_serialize import DefinitionNotFoundError

from .error_translation import translated_errors

_VARIANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_variant(variant: str | None) -> None:
    """Refuse a name of a variant that cannot be the name of a folder.

    Raises:
        HubError: it cannot.
    """
    if variant is not None and _VARIANT.fullmatch(variant) is None:
        raise HubError(
            f"expected a variant's name of letters, digits, '.', '_' and '-', got {variant!r}"
        )


def download(repo_id: str, definition: str, variant: str | None = None, **options: Any) -> Path:
    """Download a repository without its variants, or one variant, into the library's cache.

    Args:
        repo_id: the repository.
        definition: the file that must be there.
        variant: the variant.
        options: as for `huggingface_hub.snapshot_download`.

    Returns:
        The folder of the snapshot.
    """
    path = f"{variant}/{definition}" if variant else definition
    try:
        # Before anything large is downloaded: it may be absent.
        with translated_errors():
            found = hf_hub_download(repo_id, path, **options)
    except LocalEntryNotFoundError:
        raise
    except EntryNotFoundError:
        if variant is not None:
            raise VariantNotFoundError(f"{repo_id} has no variant {variant!r}") from None
        raise DefinitionNotFoundError(f"{repo_id} holds no {definition}") from None
    with translated_errors():
        if variant is not None:
            options["allow_patterns"] = [f"{variant}/*"]
        else:
            used = data_files(Path(found).read_text(encoding="utf-8", errors="replace"))
            options |= _without_variants(repo_id, definition, used, options)
        return Path(snapshot_download(repo_id, **options))


def former_files(
    api: HfApi, repo_id: str, definition: str, variant: str | None, branch: str | None
) -> list[str]:
    """Return patterns of the data files that the definition in a repository refers to."""
    prefix = f"{variant}/" if variant else ""
    text = text_of(api, repo_id, f"{prefix}{definition}", branch)
    found: list[str] = []
    for name in data_files(text or ""):
        pattern = _literal(name)
        found += [pattern, f"{pattern}/*"]
    return found


def text_of(api: HfApi, repo_id: str, path: str, branch: str | None) -> str | None:
    """Return a file of a repository, as text; `None` if it is not there."""
    if not api.file_exists(repo_id, path, revision=branch):
        return None
    with TemporaryDirectory(prefix="xpm-hub-") as temporary:
        found = api.hf_hub_download(repo_id, path, revision=branch, local_dir=temporary)
        return Path(found).read_text(encoding="utf-8", errors="replace")


def data_files(definition: str) -> set[str]:
    """Return the data files that a definition refers to; none if the text is not one."""
    found: set[str] = set()
    try:
        todo: list[object] = [json.loads(definition)]
    except (ValueError, RecursionError):
        return found
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo += value
        elif isinstance(value, dict):
            name = value.get("value")
            if value.get("type") == "path.serialized" and isinstance(name, str):
                path = PurePosixPath(name)
                if not path.is_absolute() and ".." not in path.parts and path.parts:
                    found.add(str(path))
            todo += value.values()
    return found


def _without_variants(
    repo_id: str, definition: str, used: set[str], options: dict[str, Any]
) -> dict[str, list[str]]:
    """Return options for the files to download: not the folders of variants, often large."""
    folders: set[str] | None = None
    if not options.get("local_files_only"):
        with contextlib.suppress(HubError, HfHubHTTPError, OSError):
            with translated_errors():
                paths = HfApi(token=options.get("token")).list_repo_files(
                    repo_id, revision=options.get("revision")
                )
            folders = {path.partition("/")[0] for path in paths if path.endswith(f"/{definition}")}
    if folders is None:
        # It does not answer: what is needed may have been downloaded already.
        names = [_literal(name) for name in used]
        return {"allow_patterns": [definition, *names, *(f"{name}/*" for name in names)]}
    folders -= {PurePosixPath(name).parts[0] for name in used}
    return {"ignore_patterns": [f"{_literal(folder)}/*" for folder in sorted(folders)]}


def _literal(text: str) -> str:
    """Return a pattern that matches this text alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
