"""Where and how jobs are run."""

from xpm_launchers import Launcher

__all__ = ["Launcher"]
