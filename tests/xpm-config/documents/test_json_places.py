"""Lines of places in JSON texts, against texts whose lines are known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xpm_config._documents.json_places import json_line

Path = tuple[object, ...]

texts = st.text(st.sampled_from('ab\\"{}[]:, \n\u00e9$'), max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
spaces = st.sampled_from(["", " ", "\n", "\n\n ", "\t\r\n"])


class Text:
    """Writes a value with random white space, and notes the line of each place."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[Path, int] = {}

    def put(self, token: str) -> None:
        self.text += token + self.draw(spaces)

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def write(self, value: Any, path: Path = ()) -> None:
        self.note(path)
        if isinstance(value, list):
            self.put("[")
            for index, item in enumerate(value):
                if index:
                    self.put(",")
                self.write(item, (*path, index))
            self.put("]")
        elif isinstance(value, dict):
            self.put("{")
            for index, (name, item) in enumerate(value.items()):
                if index:
                    self.put(",")
                self.note((*path, name))
                self.put(json.dumps(name, ensure_ascii=self.draw(st.booleans())))
                self.put(":")
                self.write(item, (*path, name))
            self.put("}")
        else:
            self.put(json.dumps(value))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Path, int], Any]:
    value = draw(values)
    text = Text(draw)
    text.text = draw(spaces)
    text.write(value)
    return text.text, text.lines, value


@given(documents())
@settings(max_examples=80)
def test_each_place_has_the_line_where_it_was_written(
    document: tuple[str, dict[Path, int], Any],
) -> None:
    text, lines, value = document
    assert json.loads(text) == value
    for path, line in lines.items():
        if path:
            assert json_line(text, path) == line


@given(documents(), st.lists(st.sampled_from(["no such key", 99]), min_size=1, max_size=2))
@settings(max_examples=80)
def test_a_place_that_is_not_there_has_the_line_of_the_nearest_around(
    document: tuple[str, dict[Path, int], Any], more: list[object]
) -> None:
    text, lines, _ = document
    for path, line in lines.items():
        if path:
            assert json_line(text, (*path, *more)) == line


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("[[1,\n2],\n[3,\n4]]", (0, 1), 2),
        ("[[1,\n2],\n[3,\n4]]", (1,), 3),
        ("[[1,\n2],\n[3,\n4]]", (1, 1), 4),
        ('{"a": "b",\n"b": 1}', ("b",), 2),
        ('{"a":\n{"a":\n{"a": 1}}}', ("a", "a", "a"), 3),
        ('{"\\u0061":\n1,\n"b": 2}', ("a",), 1),
        ('{"1": 1,\n"2": 2}', ("2",), 2),
        ('{\n"a": [\n]}', ("a", 0), 2),
    ],
)
def test_lines(text: str, path: Path, line: int) -> None:
    assert json_line(text, path) == line
