"""Values generated when a configuration is sealed."""

from xpm_config import PathGenerator, pathgenerator

__all__ = ["PathGenerator", "pathgenerator"]
