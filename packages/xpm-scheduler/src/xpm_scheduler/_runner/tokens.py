"""The tokens of a job, in its own process: taken again where they are not the job's any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xpm_launchers import CounterToken, TokenRequest
from xpm_scheduler._workspace.json_files import read_json_object
from xpm_scheduler._workspace.layout import JobFolder
from xpm_scheduler.exceptions import CorruptFileError


def hold(folder: JobFolder) -> list[TokenRequest]:
    """Make sure, in a job's process that holds the job's lock, that it has what it requires.

    Returns:
        What had to be taken again, to be held until the process ends.

    Raises:
        CorruptFileError: the record of the job's tokens cannot be understood.
    """
    record = read_json_object(folder.locks)
    if record is None:
        return []
    taken = []
    for token, count in _read_tokens(folder, record):
        # Alive for as long as we hold the job's lock, so that the answer stays true.
        if token.holding(folder.path) is None:
            request = token.acquire(count, key=folder.path)
            request.set_evidence(locks=(folder.lock,))
            taken.append(request)
    return taken


def _read_tokens(
    folder: JobFolder, record: Mapping[str, Any]
) -> Iterable[tuple[CounterToken, int]]:
    try:
        tokens = [
            (each["name"], each["token_path"], each["total"], each["count"], each.get("lives"))
            for each in record["dynamic_locks"]
        ]
    except (KeyError, TypeError) as error:
        raise CorruptFileError(f"{folder.locks}: expected the tokens of a job: {error}") from None
    for name, path, total, count, lives in sorted(tokens, key=lambda each: str(each[1])):
        yield CounterToken(name, path, total, lives=lives), count
