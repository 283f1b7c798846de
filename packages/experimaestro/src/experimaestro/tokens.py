"""Counters shared by all processes that see a folder."""

from xpm_launchers import CounterToken, TokenDependency

__all__ = ["CounterToken", "TokenDependency"]
