"""What could not be read."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """A file, or a part of it, that could not be read; all else was.

    Attributes:
        path: the file.
        message: what was expected, and what is there.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"
