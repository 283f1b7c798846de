"""The lines between drivers and fork servers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers._forkserver.protocol import LineReader, apply, difference, encode

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
MESSAGES = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
NAMES = st.text("ABC_", min_size=1, max_size=2)
ENVIRONMENTS = st.dictionaries(NAMES, st.text("xyz\n=", max_size=2), max_size=6)


@given(st.lists(MESSAGES, max_size=5), st.data())
def test_any_cutting_of_the_stream_gives_the_same_messages(
    messages: list[dict[str, Any]], data: st.DataObject
) -> None:
    stream = b"".join(map(encode, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    reader = LineReader()
    read: list[dict[str, Any]] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        read += reader.feed(stream[start:end])
        assert read == messages[: len(read)]
        assert len(read) == stream[:end].count(b"\n")  # none is kept back
    assert read == messages


@given(MESSAGES)
def test_a_message_is_one_line(message: dict[str, Any]) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == message


def test_byte_by_byte() -> None:
    reader = LineReader()
    read: list[dict[str, Any]] = []
    for byte in b'{"a":"\xc3\xa9"}\n{}\n{"b"':
        read += reader.feed(bytes([byte]))
    assert read == [{"a": "é"}, {}]


@pytest.mark.parametrize("line", [b"[]", b"3", b"", b"{", b'"text"', b"null", b"\xff\xfe{}"])
def test_what_is_not_an_object_is_refused_after_what_came_before(line: bytes) -> None:
    messages = LineReader().feed(b'{"first":1}\n' + line + b"\n")
    assert next(messages) == {"first": 1}
    with pytest.raises(ValueError, match=r"JSON object|Expecting|codec"):
        next(messages)


@given(ENVIRONMENTS, ENVIRONMENTS)
def test_the_difference_of_environments_makes_one_of_the_other(
    environ: dict[str, str], base: dict[str, str]
) -> None:
    before = dict(base)
    changes = difference(environ, base)
    assert apply(base, json.loads(json.dumps(changes))) == environ
    assert base == before
    assert all(base.get(name) != value for name, value in changes["set"].items())
    assert len(changes["set"]) + len(changes["unset"]) <= len({*environ, *base})


@given(ENVIRONMENTS)
def test_equal_environments_do_not_differ(environ: dict[str, str]) -> None:
    assert difference(environ, dict(environ)) == {"set": {}, "unset": []}
