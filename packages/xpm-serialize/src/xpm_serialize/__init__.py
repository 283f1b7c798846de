"""Configurations to JSON and directories, and back."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._persistence.task import LoadedTask, load_task
from .exceptions import (
    ClassNotFoundError,
    DefinitionError,
    DefinitionFileError,
    DefinitionNotFoundError,
    DependencyGoneError,
    NotSerializableError,
    PathConflictError,
    SerializationError,
    UnsafePathError,
    VersionError,
)

if TYPE_CHECKING:
    from ._objects.initializers import (
        LightweightTask,
        PathSerializationLWTask,
        SerializationLWTask,
    )
    from ._objects.stubs import TaskStub
    from ._persistence.checks import check_folder
    from ._persistence.jobs import from_task_dir, load_job
    from ._persistence.load import deserialize, from_state_dict, load, load_objects
    from ._persistence.runs import ExperimentInfo, load_configs, load_run_object, load_xp_info
    from ._writing.context import SerializationContext, SerializedPath, SerializedPathLoader
    from ._writing.save import save, serialize
    from ._writing.state_dict import state_dict
    from ._writing.writer import ObjectWriter, task_document

__all__ = [
    # folders
    "save",
    "load",
    "serialize",
    "deserialize",
    "check_folder",
    "SerializationContext",
    "SerializedPath",
    "SerializedPathLoader",
    # what makes loaded configurations ready
    "LightweightTask",
    "SerializationLWTask",
    "PathSerializationLWTask",
    # data
    "state_dict",
    "from_state_dict",
    "load_objects",
    "ObjectWriter",
    # jobs and runs
    "task_document",
    "load_task",
    "LoadedTask",
    "from_task_dir",
    "load_job",
    "TaskStub",
    "load_xp_info",
    "load_run_object",
    "load_configs",
    "ExperimentInfo",
    # errors
    "SerializationError",
    "NotSerializableError",
    "PathConflictError",
    "DefinitionNotFoundError",
    "ClassNotFoundError",
    "DefinitionFileError",
    "DefinitionError",  # the former name of the one above
    "VersionError",
    "UnsafePathError",
    "DependencyGoneError",
]

# Loaded when first used: a job's process needs only `load_task`.
_HOMES = {
    "_objects.initializers": (
        "LightweightTask",
        "PathSerializationLWTask",
        "SerializationLWTask",
    ),
    "_objects.stubs": ("TaskStub",),
    "_persistence.checks": ("check_folder",),
    "_persistence.jobs": ("from_task_dir", "load_job"),
    "_persistence.load": ("deserialize", "from_state_dict", "load", "load_objects"),
    "_persistence.runs": ("ExperimentInfo", "load_configs", "load_run_object", "load_xp_info"),
    "_writing.context": ("SerializationContext", "SerializedPath", "SerializedPathLoader"),
    "_writing.save": ("save", "serialize"),
    "_writing.state_dict": ("state_dict",),
    "_writing.writer": ("ObjectWriter", "task_document"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
