"""A call of a function as a process: its status, its errors, its end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn


def call_and_exit(target: str, args: Sequence[str]) -> NoReturn:
    """Call `target(*args)` and end the process with what it returns, as an interpreter would."""
    code = 1
    try:
        code = _run(target, args)
    finally:
        code = _finish(code)
        os._exit(code)


def _run(target: str, args: Sequence[str]) -> int:
    import importlib  # the server itself may not need it

    try:
        module, _, name = target.partition(":")
        function: Any = getattr(importlib.import_module(module), name)
        return _status(function(*args))
    except SystemExit as error:
        return _status(error.code)
    except KeyboardInterrupt:
        # As the interpreter does: the parent must see that a signal ended it.
        _finish(1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        raise
    except BaseException as error:  # noqa: BLE001 - the job's code: reported as an interpreter does
        trace = error.__traceback__
        sys.excepthook(type(error), error, trace and trace.tb_next)
        return 1


def _status(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, int):
        return value & 0xFF
    print(value, file=sys.stderr)
    return 1


def _finish(code: int) -> int:
    """Do what an interpreter does at its end, but for taking objects apart (5 ms)."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()  # joins the threads that are not daemons
    atexit = sys.modules.get("atexit")
    if atexit is not None:
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # a full disk; a closed stream
            code = code or 120
    return code
