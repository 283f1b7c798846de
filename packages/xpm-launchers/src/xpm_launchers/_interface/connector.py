"""A host: its files and its commands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .builders import ProcessBuilder


class Connector(ABC):
    """The files and the commands of a host."""

    @property
    @abstractmethod
    def hostname(self) -> str:
        """The name of the host."""

    @abstractmethod
    def path(self, *parts: str) -> Path:
        """Return a path on the host."""

    @abstractmethod
    def processbuilder(self) -> ProcessBuilder:
        """Return what starts single processes there."""
