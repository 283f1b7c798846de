"""Places in the user's code."""

from __future__ import annotations

import pickle
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from xpm_config import Config, Param
from xpm_config._model.locations import (
    Location,
    class_location,
    user_location,
    warn_at_class,
    warn_user,
)


def line_here() -> int:
    return sys._getframe(1).f_lineno


def compiled(name: str, text: str) -> Callable[..., Any]:
    """Return the function `f` of a module of this name."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(text, f"{name}.py", "exec"), names)
    made: Callable[..., Any] = names["f"]
    return made


def test_the_line_of_each_instruction_is_that_of_python() -> None:
    code = test_the_line_of_each_instruction_is_that_of_python.__code__
    for start, end, line in code.co_lines():
        if line is not None:
            assert Location(code, start).line == line
            assert Location(code, end - 1).line == line
    assert Location(code, 10**6).line == code.co_firstlineno  # no instruction is there


def test_a_place_is_a_pair_and_a_text() -> None:
    place, line = user_location(), line_here()
    assert tuple(place) == (__file__, line)
    assert str(place) == f"{__file__}:{line}"
    assert repr(place) == f"Location('{__file__}:{line}')"
    loaded = pickle.loads(pickle.dumps(place))
    assert tuple(loaded) == (__file__, line)
    assert loaded.code == __file__  # no code object goes to another process


def test_frames_of_the_package_are_passed_over() -> None:
    inside = compiled("xpm_config._any.thing", "def f(call):\n    return call()\n")
    place, line = inside(lambda: inside(user_location)), line_here()
    assert tuple(place) == (__file__, line)


@pytest.mark.parametrize("name", ["xpm_configuration", "xpm_config_extra.part", "my.xpm_config"])
def test_modules_of_similar_names_are_the_users(name: str) -> None:
    theirs = compiled(name, "\n\ndef f(call):\n    return call()\n")
    assert tuple(theirs(user_location)) == (f"{name}.py", 4)


def test_a_configuration_knows_the_first_line_of_its_creation() -> None:
    class Part(Config):
        x: Param[int]

    before = line_here()
    made = [Part.C(x=1), Part.C(x=2)]
    assert [part.__xpm__.location.line for part in made] == [before + 1] * 2
    assert tuple(class_location(Part)) == (__file__, before - 3)


def test_classes_made_without_a_statement() -> None:
    class Foreign:
        pass

    assert tuple(class_location(Foreign)) == (__file__, 1)
    homeless = type("Homeless", (), {"__module__": "no_such_module"})
    assert tuple(class_location(homeless)) == ("no_such_module", 1)


def test_warnings_are_given_at_the_nearest_place_outside_the_package() -> None:
    inside = compiled("xpm_config._any.thing", "def f(call, *given):\n    return call(*given)\n")
    with pytest.warns(UserWarning, match="^look$") as caught:
        inside(warn_user, "look", UserWarning)
    line = line_here() - 1
    assert [(w.filename, w.lineno) for w in caught] == [(__file__, line)]


def test_warnings_at_a_class_are_given_at_its_definition_once() -> None:
    module = types.ModuleType("module_of_a_warning")
    sys.modules[module.__name__] = module
    try:
        text = "from xpm_config import Config\n\nclass A(Config):\n    pass\n"
        exec(compile(text, "a.py", "exec"), vars(module))
        cls = vars(module)["A"]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            warn_at_class(cls, "first", UserWarning)
            warn_at_class(cls, "first", UserWarning)
            warn_at_class(cls, "second", DeprecationWarning)
    finally:
        del sys.modules[module.__name__]
    assert [(str(w.message), w.filename, w.lineno) for w in caught] == [
        ("first", "a.py", 3),
        ("second", "a.py", 3),
    ]
