"""Where and how jobs are run."""

from xpm_launchers import DynamicLauncher, Launcher

__all__ = ["DynamicLauncher", "Launcher"]
