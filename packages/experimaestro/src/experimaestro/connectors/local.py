"""This machine."""

from xpm_launchers import LocalConnector, LocalProcess, LocalProcessBuilder

__all__ = ["LocalConnector", "LocalProcess", "LocalProcessBuilder"]
