"""For tests of plans."""

from xpm_scheduler.testing import reset

__all__ = ["reset"]
