"""Sizes of memory and durations: text to numbers and back."""

from __future__ import annotations

import re

#: Bytes a unit; the largest that fits exactly is written
MEMORY = {
    "TiB": 1 << 40,
    "T": 10**12,
    "GiB": 1 << 30,
    "G": 10**9,
    "MiB": 1 << 20,
    "M": 10**6,
    "B": 1,
}
#: Seconds a unit
DURATION = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_DURATION_NAMES = {
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "mins"), "m"),
    **dict.fromkeys(("s", "sec", "secs"), "s"),
}
_QUANTITY = re.compile(r"\s*(\d+)\s*([A-Za-z]*)\s*")


def _parse(text: str, units: dict[str, int], what: str, example: str) -> int:
    quantity = _QUANTITY.fullmatch(text)
    unit_names = ", ".join(units)
    if quantity is None:
        raise ValueError(f"expected {what} such as {example}, got {text!r}")
    number, unit = quantity.groups()
    if not unit:
        raise ValueError(
            f"{what} without unit: {text.strip()!r} (write {example}; units: {unit_names})"
        )
    if unit not in units:
        raise ValueError(f"unknown unit {unit!r} of {what}; expected one of {unit_names}")
    return int(number) * units[unit]


def parse_memory(text: str) -> int:
    """Return the bytes of a size such as `"32GiB"` or `"32 G"` (10^9 bytes each).

    Raises:
        ValueError: Without unit (a bare number is hardly ever meant as bytes).
    """
    return _parse(text, MEMORY, "memory size", "'32GiB'")


def parse_duration(text: str) -> int:
    """Return the seconds of a duration such as `"2 days"` or `"90m"`."""
    units = {name: DURATION[unit] for name, unit in _DURATION_NAMES.items()}
    return _parse(text, units, "duration", "'2h'")


def _format(number: int, units: dict[str, int]) -> str:
    for unit, size in units.items():
        if number >= size and number % size == 0:
            return f"{number // size}{unit}"
    return f"{number}{list(units)[-1]}"


def format_memory(size: int) -> str:
    """Return the shortest exact text of a number of bytes."""
    exact = _format(size, MEMORY)
    decimal = _format(size, {unit: MEMORY[unit] for unit in ("T", "G", "M", "B")})
    return min(exact, decimal, key=len)


def format_duration(seconds: int) -> str:
    """Return the shortest exact text of a number of seconds."""
    return _format(seconds, DURATION)


def approximate_memory(size: int) -> str:
    """Return a size for people, in three digits or so."""
    for unit in ("TiB", "GiB", "MiB"):
        if size >= MEMORY[unit]:
            number = size / MEMORY[unit]
            return f"{number:.3g} {unit}" if number < 999.5 else f"{number:.0f} {unit}"
    return f"{size} bytes"
