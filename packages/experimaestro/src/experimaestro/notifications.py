"""Progress reported by tasks."""

from xpm_scheduler import progress, tqdm

__all__ = ["progress", "tqdm"]
