"""Run commands somewhere and watch them: launchers, connectors, processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._building import ProcessBuilder, PythonScriptBuilder, Redirect, ScriptBuilder
    from ._connector import Connector
    from ._deadline import remaining_time
    from ._dynamic import DynamicLauncher
    from ._filelock import FileLock
    from ._handles import process_from_handle
    from ._interface import (
        Command,
        Launcher,
        LauncherEvents,
        Process,
        ProcessEnd,
        ProcessState,
        PythonCall,
        Ticket,
    )
    from ._local._builder import LocalProcessBuilder
    from ._local._connector import LocalConnector
    from ._local._launcher import DirectLauncher
    from ._localprocess import LocalProcess
    from ._run import command, run_all
    from ._tokens._request import TokenDependency, TokenRequest
    from ._tokens._token import CounterToken
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

_interface = ("Command", "ProcessEnd", "PythonCall", "Launcher", "LauncherEvents", "Ticket")
_HOMES = {
    **dict.fromkeys((*_interface, "Process", "ProcessState"), "._interface"),
    **dict.fromkeys(
        ("ProcessBuilder", "PythonScriptBuilder", "Redirect", "ScriptBuilder"), "._building"
    ),
    "FileLock": "._filelock",
    "LocalProcessBuilder": "._local._builder",
    "remaining_time": "._deadline",
    "DynamicLauncher": "._dynamic",
    "DirectLauncher": "._local._launcher",
    "LocalProcess": "._localprocess",
    "LocalConnector": "._local._connector",
    "process_from_handle": "._handles",
    "Connector": "._connector",
    "command": "._run",
    "run_all": "._run",
    "CounterToken": "._tokens._token",
    **dict.fromkeys(("TokenDependency", "TokenRequest"), "._tokens._request"),
    **dict.fromkeys(
        (
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
        ),
        ".exceptions",
    ),
}


def __getattr__(name: str) -> Any:
    # Lazy: the launch server and every job import a part of this package only.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home, __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
