"""Sizes and durations: what is written is read, and as short as it can be."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers._requirements.units import (
    DURATION,
    MEMORY,
    approximate_memory,
    format_duration,
    format_memory,
    parse_duration,
    parse_memory,
)

SIZES = st.builds(
    lambda number, unit, more: number * unit + more,
    st.integers(0, 5000),
    st.sampled_from(list(MEMORY.values())),
    st.sampled_from([0, 0, 1, 1024, 10**6]),
)
SECONDS = st.builds(
    lambda number, unit: number * unit, st.integers(0, 5000), st.sampled_from([*DURATION.values()])
)


@given(SIZES | st.integers(0))
def test_memory_is_written_exactly_and_short(size: int) -> None:
    text = format_memory(size)
    assert parse_memory(text) == size
    exact = [f"{size // unit}{name}" for name, unit in MEMORY.items() if size % unit == 0]
    assert len(text) == min(map(len, exact))


@given(SECONDS | st.integers(0))
def test_a_duration_is_written_exactly_and_short(seconds: int) -> None:
    text = format_duration(seconds)
    assert parse_duration(text) == seconds
    exact = [f"{seconds // unit}{name}" for name, unit in DURATION.items() if not seconds % unit]
    assert len(text) == min(map(len, exact))


@given(SIZES, st.text(" \t\n", max_size=2), st.text(" \t\n", max_size=2))
def test_space_around_a_quantity_does_not_count(size: int, before: str, between: str) -> None:
    number, unit = re.fullmatch(r"(\d+)(\w+)", format_memory(size)).groups()  # type: ignore[union-attr]  # it matches
    assert parse_memory(before + number + between + unit + before) == size


@given(SIZES)
def test_a_size_for_people_is_nearly_right(size: int) -> None:
    number, unit = approximate_memory(size).split(" ")
    factor = 1 if unit == "bytes" else MEMORY[unit]
    assert float(number) * factor == pytest.approx(size, rel=0.006)
    assert len(number) <= 7
    assert "e" not in number


@given(st.text(max_size=8))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_memory, parse_duration):
        try:
            assert read(text) >= 0
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4", "without unit"),
        ("4 KB", "unknown unit 'KB'"),
        ("4 gib", "unknown unit 'gib'"),
        ("1.5GiB", "such as '32GiB', got '1.5GiB'"),
        ("-1GiB", "got '-1GiB'"),
        ("GiB", "got 'GiB'"),
        ("", "got ''"),
        ("4GiB 2", "got '4GiB 2'"),
    ],
)
def test_what_is_not_a_size(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=re.escape(expected)):
        parse_memory(text)


def test_names_of_units_of_time() -> None:
    for names, seconds in [("d day days", 86400), ("h hour hours", 3600), ("m min mins", 60),
                           ("s sec secs", 1)]:  # fmt: skip
        for name in names.split():
            assert parse_duration(f"2 {name}") == 2 * seconds
    with pytest.raises(ValueError, match="unknown unit 'weeks'"):
        parse_duration("2 weeks")
