"""Ways to reach a machine."""

from xpm_launchers import Connector, Process

__all__ = ["Connector", "Process"]
