"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib.util
import pkgutil

import pytest

import xpm_config

HAS_CLICK = importlib.util.find_spec("click") is not None
MODULES = [
    module.name
    for module in pkgutil.walk_packages(xpm_config.__path__, "xpm_config.")
    if HAS_CLICK or module.name != "xpm_config.click"
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
    assert {"Config", "InstanceConfig", "tag"} <= shown
    assert ("click" in shown) == HAS_CLICK


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    failed, tried = doctest.DocTestRunner().run(EXAMPLES[name])
    assert tried > 0
    assert failed == 0
