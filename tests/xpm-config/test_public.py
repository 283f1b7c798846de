"""The public interface, and what importing it costs."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import xpm_config

PUBLIC_MODULES = {"__main__", "click", "exceptions", "types"}


def test_modules_are_private_but_a_few() -> None:
    names = {module.name for module in pkgutil.iter_modules(xpm_config.__path__)}
    assert {name for name in names if not name.startswith("_")} | {"__main__"} == PUBLIC_MODULES


def test_every_public_name_is_there_and_documented() -> None:
    assert len(set(xpm_config.__all__)) == len(xpm_config.__all__)
    for name in xpm_config.__all__:
        found = getattr(xpm_config, name)
        if callable(found) and getattr(found, "__module__", "").startswith("xpm_config"):
            assert found.__doc__, name


HEAVY = [
    *("attr", "attrs", "dataclasses", "inspect", "logging", "json", "subprocess"),
    *("pathlib", "hashlib", "asyncio", "click", "yaml"),
]


def test_importing_loads_nothing_heavy() -> None:
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; before = set(sys.modules); import xpm_config;"
        f"print([name for name in {HEAVY} if name in sys.modules and name not in before])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
