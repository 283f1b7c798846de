"""Run commands somewhere and watch them: launchers, connectors, processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._dispatch.batch import command, run_all
    from ._dispatch.dynamic import DynamicLauncher
    from ._forkserver.client.launcher import DirectLauncher
    from ._host.deadline import remaining_time
    from ._host.handles import process_from_handle
    from ._host.processes import LocalProcess
    from ._interface.builders import ProcessBuilder, PythonScriptBuilder, Redirect, ScriptBuilder
    from ._interface.connector import Connector
    from ._interface.launcher import Launcher, LauncherEvents, Ticket
    from ._interface.process import Command, Process, ProcessState, PythonCall
    from ._interface.process_exit import ProcessEnd, ProcessExit
    from ._local.builder import LocalProcessBuilder
    from ._local.connector import LocalConnector
    from ._local.locks import FileLock
    from ._tokens.token import CounterToken, TokenDependency, TokenRequest
    from .exceptions import (
        CapacityError,
        ForeignHostError,
        HandleError,
        LauncherError,
        LauncherFileError,
        LauncherNotFoundError,
        LaunchError,
        LockTimeoutError,
        RequirementError,
        RuntimeFolderError,
        TokenError,
        TokenFileError,
        TokenTimeoutError,
    )

__all__ = [
    # The short way
    "command",
    "run_all",
    # What is run, and how it ended
    "Command",
    "ProcessExit",
    "ProcessEnd",
    "PythonCall",
    # Launchers
    "Launcher",
    "LauncherEvents",
    "Ticket",
    "DirectLauncher",
    "DynamicLauncher",
    # Inside a job
    "remaining_time",
    # Processes
    "Process",
    "ProcessState",
    "LocalProcess",
    "process_from_handle",
    # Hosts
    "Connector",
    "LocalConnector",
    "FileLock",
    # Single processes and scripts
    "ProcessBuilder",
    "LocalProcessBuilder",
    "Redirect",
    "ScriptBuilder",
    "PythonScriptBuilder",
    # Counters shared by processes
    "CounterToken",
    "TokenDependency",
    "TokenRequest",
    # Errors
    "CapacityError",
    "ForeignHostError",
    "HandleError",
    "LaunchError",
    "LauncherError",
    "LauncherFileError",
    "LauncherNotFoundError",
    "LockTimeoutError",
    "RequirementError",
    "RuntimeFolderError",
    "TokenError",
    "TokenFileError",
    "TokenTimeoutError",
]

_HOMES = {
    **dict.fromkeys(("Launcher", "LauncherEvents", "Ticket"), "._interface.launcher"),
    **dict.fromkeys(("Command", "Process", "ProcessState", "PythonCall"), "._interface.process"),
    **dict.fromkeys(("ProcessEnd", "ProcessExit"), "._interface.process_exit"),
    **dict.fromkeys(
        ("ProcessBuilder", "PythonScriptBuilder", "Redirect", "ScriptBuilder"),
        "._interface.builders",
    ),
    "FileLock": "._local.locks",
    "LocalProcessBuilder": "._local.builder",
    "remaining_time": "._host.deadline",
    "DynamicLauncher": "._dispatch.dynamic",
    "DirectLauncher": "._forkserver.client.launcher",
    "LocalProcess": "._host.processes",
    "LocalConnector": "._local.connector",
    "process_from_handle": "._host.handles",
    "Connector": "._interface.connector",
    "command": "._dispatch.batch",
    "run_all": "._dispatch.batch",
    **dict.fromkeys(("CounterToken", "TokenDependency", "TokenRequest"), "._tokens.token"),
    **dict.fromkeys((name for name in __all__ if name.endswith("Error")), ".exceptions"),
}


def __getattr__(name: str) -> Any:
    # Lazy: the fork server and every job import a part of this package only.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
