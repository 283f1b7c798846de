"""The release, looked up once when it is first needed."""

from __future__ import annotations

from functools import cache


@cache
def version() -> str:
    """Return the version of this distribution."""
    # Loads the parser of e-mails: only for those who ask.
    from importlib.metadata import version as distribution_version

    return distribution_version("xpm-scheduler")
