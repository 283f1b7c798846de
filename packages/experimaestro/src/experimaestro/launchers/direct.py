"""Jobs as processes of a machine."""

from xpm_launchers import DirectLauncher

__all__ = ["DirectLauncher"]
