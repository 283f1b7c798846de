"""Progress reported by tasks."""

from xpm_scheduler import LevelInformation, progress, tqdm

__all__ = ["LevelInformation", "progress", "tqdm"]
