"""Names of classes, and the nearest known name."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xpm_config._model.names import module_name, nearest, qualified

names = st.text(string.ascii_lowercase + "_", min_size=5, max_size=12)


@given(st.lists(names, max_size=5), names, st.integers(0, 20), st.sampled_from(["swap", "drop"]))
def test_a_slip_of_the_pen_is_recognised(others: list[str], name: str, at: int, slip: str) -> None:
    at %= len(name) - 1
    middle = name[at + 1] + name[at] if slip == "swap" else name[at + 1]
    written = name[:at] + middle + name[at + 2 :]
    assume(written not in others)
    found = nearest(written, iter([*others, name]))
    # another one may be as near; something is proposed in any case
    assert found in {f"; did you mean '{known}'?" for known in (*others, name)}
    assert nearest(written, [name]) == f"; did you mean '{name}'?"


@given(st.lists(names, max_size=5), names)
def test_a_known_name_is_nearest_to_itself(others: list[str], name: str) -> None:
    assert nearest(name, [*others, name]) == f"; did you mean '{name}'?"


@pytest.mark.parametrize(
    ("name", "known"), [("size", []), ("size", ["depth", "rate"]), ("", ["a"]), ("x", ["y"])]
)
def test_nothing_is_proposed_where_nothing_is_near(name: str, known: list[str]) -> None:
    assert nearest(name, known) == ""


def test_the_module_of_a_script_is_the_main_module() -> None:
    class Outer:
        class Inner:
            pass

    assert qualified(Outer.Inner) == f"{__name__}.{Outer.Inner.__qualname__}"
    script = type("Script", (), {"__module__": "__mp_main__"})
    assert module_name(script) == "__main__"
    assert qualified(script) == "__main__.Script"
