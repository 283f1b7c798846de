"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path
from types import FunctionType
from typing import get_origin

import pytest

import xpm_scheduler

MODULES = [
    module.name for module in pkgutil.walk_packages(xpm_scheduler.__path__, "xpm_scheduler.")
]
# with globals of its own each example is what a user's script would be
EXAMPLES = {
    example.name: example
    for name in MODULES
    for example in doctest.DocTestFinder(exclude_empty=True).find(
        importlib.import_module(name), globs={"__name__": "__main__"}
    )
    if example.examples
}


def test_the_main_names_have_examples() -> None:
    shown = {name.rpartition(".")[2] for name in EXAMPLES}
    assert {"Task", "experiment", "JobState", "Action", "cache", "WebService"} <= shown


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.DocTestRunner().run(EXAMPLES[name])
    assert tried > 0
    assert failed == 0
    assert not list(tmp_path.iterdir()), "an example has written something"


def test_public_names_are_documented() -> None:
    for name in xpm_scheduler.__all__:
        value = getattr(xpm_scheduler, name)
        if isinstance(value, (type, FunctionType)) and get_origin(value) is None:
            assert value.__doc__, name
