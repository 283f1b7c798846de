"""Plan, run and track experiments: typed configurations, tasks that run once, launchers.

One API over all packages. A name is loaded from its package when it is first used, so that
`from experimaestro import Config, Param` costs what `xpm_config` costs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Annotated

    from xpm_config import (
        Array,
        Choices,
        Config,
        Constant,
        DataPath,
        DirectoryContext,
        Identifier,
        InstanceConfig,
        Meta,
        ObjectStore,
        Option,
        OptionalDataPath,
        Param,
        ParameterGroup,
        Partial,
        PathGenerator,
        SubmitHook,
        TagDict,
        config_only,
        copyconfig,
        deprecate,
        documentation,
        field,
        help,
        initializer,
        param_group,
        partial,
        pathgenerator,
        sealed_set,
        setmeta,
        stop_tags,
        tag,
        tags,
        tagspath,
    )
    from xpm_launchers import (
        Launcher,
    )
    from xpm_launchers.finder import (
        LauncherRegistry,
    )
    from xpm_scheduler import (
        STDERR,
        STDOUT,
        Action,
        CLIInteraction,
        DependentMarker,
        DirtyGitAction,
        DirtyGitError,
        FailedExperiment,
        GracefulExperimentExit,
        GracefulTimeout,
        Interaction,
        Job,
        LightweightTask,
        Prepare,
        ResumableTask,
        RunMode,
        Scheduler,
        Task,
        TaskCancelled,
        TransientMode,
        Workspace,
        cache,
        experiment,
        progress,
        set_launcher,
        tqdm,
    )
    from xpm_serialize import (
        ExperimentInfo,
        PathSerializationLWTask,
        SerializationContext,
        SerializationLWTask,
        deserialize,
        from_state_dict,
        from_task_dir,
        load,
        load_configs,
        load_xp_info,
        save,
        serialize,
        state_dict,
    )

    from . import settings as settings
    from . import taskglobals as taskglobals

    __version__: str

__all__ = [
    # Configurations
    "Array",
    "Choices",
    "Config",
    "Constant",
    "DataPath",
    "DirectoryContext",
    "InstanceConfig",
    "Meta",
    "ObjectStore",
    "Option",
    "OptionalDataPath",
    "Param",
    "ParameterGroup",
    "Partial",
    "PathGenerator",
    "config_only",
    "copyconfig",
    "deprecate",
    "documentation",
    "field",
    "help",
    "initializer",
    "param_group",
    "partial",
    "pathgenerator",
    "sealed_set",
    "setmeta",
    # Tags and identifiers
    "Identifier",
    "TagDict",
    "stop_tags",
    "tag",
    "tags",
    "tagspath",
    # Saving and loading
    "ExperimentInfo",
    "PathSerializationLWTask",
    "SerializationContext",
    "SerializationLWTask",
    "deserialize",
    "from_state_dict",
    "from_task_dir",
    "load",
    "load_configs",
    "load_xp_info",
    "save",
    "serialize",
    "state_dict",
    # Tasks
    "DependentMarker",
    "LightweightTask",
    "ResumableTask",
    "STDERR",
    "STDOUT",
    "SubmitHook",
    "Task",
    "progress",
    "tqdm",
    "cache",
    # Experiments
    "Action",
    "CLIInteraction",
    "DirtyGitAction",
    "DirtyGitError",
    "FailedExperiment",
    "GracefulExperimentExit",
    "GracefulTimeout",
    "Interaction",
    "Job",
    "Prepare",
    "RunMode",
    "Scheduler",
    "TaskCancelled",
    "TransientMode",
    "Workspace",
    "experiment",
    "set_launcher",
    # Launchers
    "Launcher",
    # Finding a launcher
    "LauncherRegistry",
    # What annotations are written with
    "Annotated",
    "Any",
    "Path",
    # Others
    "__version__",
]

_HOMES: dict[str, tuple[str, ...]] = {
    "pathlib": ("Path",),
    "typing": ("Annotated",),
    "xpm_config": (
        "Array",
        "Choices",
        "Config",
        "Constant",
        "DataPath",
        "DirectoryContext",
        "Identifier",
        "InstanceConfig",
        "Meta",
        "ObjectStore",
        "Option",
        "OptionalDataPath",
        "Param",
        "ParameterGroup",
        "Partial",
        "PathGenerator",
        "SubmitHook",
        "TagDict",
        "config_only",
        "copyconfig",
        "deprecate",
        "documentation",
        "field",
        "help",
        "initializer",
        "param_group",
        "partial",
        "pathgenerator",
        "sealed_set",
        "setmeta",
        "stop_tags",
        "tag",
        "tags",
        "tagspath",
    ),
    "xpm_serialize": (
        "ExperimentInfo",
        "PathSerializationLWTask",
        "SerializationContext",
        "SerializationLWTask",
        "deserialize",
        "from_state_dict",
        "from_task_dir",
        "load",
        "load_configs",
        "load_xp_info",
        "save",
        "serialize",
        "state_dict",
    ),
    "xpm_scheduler": (
        "Action",
        "CLIInteraction",
        "DependentMarker",
        "DirtyGitAction",
        "DirtyGitError",
        "FailedExperiment",
        "GracefulExperimentExit",
        "GracefulTimeout",
        "Interaction",
        "Job",
        "LightweightTask",
        "Prepare",
        "ResumableTask",
        "RunMode",
        "STDERR",
        "STDOUT",
        "Scheduler",
        "Task",
        "TaskCancelled",
        "TransientMode",
        "Workspace",
        "cache",
        "experiment",
        "progress",
        "set_launcher",
        "tqdm",
    ),
    "xpm_launchers": ("Launcher",),
    "xpm_launchers.finder": ("LauncherRegistry",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("settings", "taskglobals")  # also reached as attributes


if not TYPE_CHECKING:  # who checks types knows the names, and finds others wrong

    def __getattr__(name: str) -> Any:
        home = _HOME_OF.get(name)
        value: Any
        if home is not None:
            value = getattr(import_module(home), name)
        elif name in _MODULES:
            value = import_module(f"{__name__}.{name}")
        elif name == "__version__":
            value = import_module("importlib.metadata").version(__name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})
