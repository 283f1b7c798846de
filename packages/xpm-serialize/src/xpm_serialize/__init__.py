"""Configurations to JSON and directories, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._persistence.task import LoadedTask, load_task

if TYPE_CHECKING:
    from ._objects.initializers import (
        LightweightTask,
        PathSerializationLWTask,
        SerializationLWTask,
    )
    from ._objects.stubs import TaskStub
    from ._persistence.checks import check_folder
    from ._persistence.load import (
        deserialize,
        from_state_dict,
        from_task_dir,
        load,
        load_job,
        load_objects,
    )
    from ._persistence.runs import ExperimentInfo, load_configs, load_run_object, load_xp_info
    from ._writing.context import SerializationContext, SerializedPath, SerializedPathLoader
    from ._writing.save import save, serialize
    from ._writing.state_dict import state_dict
    from ._writing.writer import ObjectWriter, task_document
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

# Loaded when first asked for: a job's process needs no more than load_task.
_HOMES = {
    "save": "_writing.save",
    "serialize": "_writing.save",
    "load": "_persistence.load",
    "deserialize": "_persistence.load",
    "from_state_dict": "_persistence.load",
    "from_task_dir": "_persistence.load",
    "load_job": "_persistence.load",
    "load_objects": "_persistence.load",
    "TaskStub": "_objects.stubs",
    "load_configs": "_persistence.runs",
    "load_run_object": "_persistence.runs",
    "check_folder": "_persistence.checks",
    "LightweightTask": "_objects.initializers",
    "SerializationLWTask": "_objects.initializers",
    "PathSerializationLWTask": "_objects.initializers",
    "state_dict": "_writing.state_dict",
    "SerializationContext": "_writing.context",
    "SerializedPath": "_writing.context",
    "SerializedPathLoader": "_writing.context",
    "ObjectWriter": "_writing.writer",
    "task_document": "_writing.writer",
    "load_xp_info": "_persistence.runs",
    "ExperimentInfo": "_persistence.runs",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name, "exceptions" if name in __all__ else None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
