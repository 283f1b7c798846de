"""Configuration objects."""

import logging

from xpm_config import (
    Config,
    ConfigInformation,
    ConfigMixin,
    ConfigWalkContext,
    InstanceConfig,
    ObjectStore,
    SealedError,
    copyconfig,
    sealed_set,
    setmeta,
)
from xpm_serialize import TaskStub

logger = logging.getLogger("xpm")

__all__ = [
    "Config",
    "ConfigInformation",
    "ConfigMixin",
    "ConfigWalkContext",
    "InstanceConfig",
    "ObjectStore",
    "SealedError",
    "TaskStub",
    "copyconfig",
    "logger",
    "sealed_set",
    "setmeta",
]
