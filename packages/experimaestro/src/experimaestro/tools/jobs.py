"""Jobs' folders."""

from xpm_serialize import load_job

__all__ = ["load_job"]
