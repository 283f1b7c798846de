"""Identifiers of configurations."""

from xpm_config import Identifier, IdentifierComputer

__all__ = ["Identifier", "IdentifierComputer"]
