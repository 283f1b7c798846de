"""Ways to reach a machine."""

from xpm_launchers import Connector, Process, ProcessBuilder, ProcessState, Redirect

__all__ = ["Connector", "Process", "ProcessBuilder", "ProcessState", "Redirect"]
