"""Configurations to JSON and directories, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._task import LoadedTask, load_task

if TYPE_CHECKING:
    from ._checks import check_folder
    from ._context import SerializationContext, SerializedPath, SerializedPathLoader
    from ._initializers import (
        LightweightTask,
        PathSerializationLWTask,
        SerializationLWTask,
    )
    from ._load import (
        deserialize,
        from_state_dict,
        from_task_dir,
        load,
        load_job,
        load_objects,
    )
    from ._runs import ExperimentInfo, load_configs, load_run_object, load_xp_info
    from ._save import save, serialize
    from ._state import state_dict
    from ._stubs import TaskStub
    from ._writer import ObjectWriter, task_document
    from .exceptions import (
        ClassNotFoundError,
        DefinitionError,
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
    "DefinitionError",
    "VersionError",
    "UnsafePathError",
    "DependencyGoneError",
]

# Loaded when first asked for: a job's process needs no more than load_task.
_HOMES = {
    "save": "_save",
    "serialize": "_save",
    "load": "_load",
    "deserialize": "_load",
    "from_state_dict": "_load",
    "from_task_dir": "_load",
    "load_job": "_load",
    "load_objects": "_load",
    "TaskStub": "_stubs",
    "load_configs": "_runs",
    "load_run_object": "_runs",
    "check_folder": "_checks",
    "LightweightTask": "_initializers",
    "SerializationLWTask": "_initializers",
    "PathSerializationLWTask": "_initializers",
    "state_dict": "_state",
    "SerializationContext": "_context",
    "SerializedPath": "_context",
    "SerializedPathLoader": "_context",
    "ObjectWriter": "_writer",
    "task_document": "_writer",
    "load_xp_info": "_runs",
    "ExperimentInfo": "_runs",
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
