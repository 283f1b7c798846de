"""Shifts the clock of an interpreter, and of what it forks, by the seconds in a file.

Python imports it at its start when its folder is on the path. ``XPM_TEST_CLOCK`` names the
file, which may change at any time; the monotonic clock goes on as it is.
"""

from __future__ import annotations

import os
import time

_FILE = os.environ.get("XPM_TEST_CLOCK")
_time, _localtime, _strftime, _gmtime = time.time, time.localtime, time.strftime, time.gmtime


def _shift() -> float:
    assert _FILE is not None
    try:
        with open(_FILE) as file:
            return float(file.read() or 0)
    except OSError:
        return 0.0


def _shifted_localtime(seconds: float | None = None) -> time.struct_time:
    return _localtime(_time() + _shift() if seconds is None else seconds)


def _shifted_gmtime(seconds: float | None = None) -> time.struct_time:
    return _gmtime(_time() + _shift() if seconds is None else seconds)


def _shifted_strftime(form: str, when: time.struct_time | None = None) -> str:
    return _strftime(form, _shifted_localtime() if when is None else when)


if _FILE is not None:
    time.time = lambda: _time() + _shift()
    time.localtime = _shifted_localtime  # type: ignore[assignment]
    time.gmtime = _shifted_gmtime  # type: ignore[assignment]
    time.strftime = _shifted_strftime  # type: ignore[assignment]
