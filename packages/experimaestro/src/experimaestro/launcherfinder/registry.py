"""The launchers of `launchers.py`."""

from xpm_launchers.finder import LauncherRegistry, find_launcher

__all__ = ["LauncherRegistry", "find_launcher"]
