"""Recursion without the interpreter's stack.

A recursive function is written as a generator that yields the calls it makes, and is sent
what they return:

>>> from xpm_config._documents.trampoline import run
>>> def depth(items):
...     deepest = 0
...     for item in items:
...         deepest = max(deepest, (yield depth(item)))
...     return 1 + deepest
>>> deep = []
>>> for _ in range(50_000):
...     deep = [deep]
>>> run(depth(deep))
50001
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

Steps = Generator[Any, Any, Any]


def run(steps: Steps) -> Any:
    """Return what a function written so returns; errors go from callee to caller as usual."""
    stack = [steps]
    value: Any = None
    error: Exception | None = None
    while stack:
        try:
            called = stack[-1].send(value) if error is None else stack[-1].throw(error)
        except StopIteration as end:
            stack.pop()
            value, error = end.value, None
        except Exception as raised:  # noqa: BLE001 # whatever it is, it is the caller's
            stack.pop()
            value, error = None, raised
        else:
            stack.append(called)
            value = error = None
    if error is not None:
        raise error
    return value
