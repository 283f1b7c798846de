"""Values generated when a configuration is sealed."""

from xpm_config import Generator, PathGenerator, pathgenerator

__all__ = ["Generator", "PathGenerator", "pathgenerator"]
