"""This machine."""

from xpm_launchers import LocalConnector

__all__ = ["LocalConnector"]
