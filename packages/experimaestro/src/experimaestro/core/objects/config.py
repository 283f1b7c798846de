"""Configuration objects."""

from xpm_config import Config, ConfigInformation, ConfigMixin, ConfigWalkContext, clone

__all__ = ["Config", "ConfigInformation", "ConfigMixin", "ConfigWalkContext", "clone"]
