"""Configuration objects."""

from xpm_config import Config, ConfigInformation, ConfigMixin, ConfigWalkContext

__all__ = ["Config", "ConfigInformation", "ConfigMixin", "ConfigWalkContext"]
