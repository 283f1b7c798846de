"""The release, looked up once when it is first needed."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version as _distribution_version


@cache
def version() -> str:
    """The version of this distribution."""
    return _distribution_version("xpm-scheduler")
