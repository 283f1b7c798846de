"""Configuration objects."""

from xpm_config import Config, ConfigInformation, ConfigMixin, ConfigWalkContext, setmeta

__all__ = ["Config", "ConfigInformation", "ConfigMixin", "ConfigWalkContext", "setmeta"]
