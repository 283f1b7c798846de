"""Files of JSON lines, while they grow and when they are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from xpm_os.jsonl import LineLog, LineReader, end_last_line, whole_lines

Values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
Records = st.lists(st.dictionaries(st.text(), Values, max_size=3), max_size=8)


@given(records=Records, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_however_a_file_grows_each_record_is_read_once(
    tmp_path_factory: Any, records: list[dict[str, Any]], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    reader = LineReader(str(path))
    read: list[dict[str, Any]] = list(reader.read())
    for cut in [*sorted(cuts), len(data)]:
        path.write_bytes(data[:cut])
        read += reader.read()
    assert read == records
    assert reader.take_problems() == []


@given(records=Records)
def test_what_a_log_writes_is_read(tmp_path_factory: Any, records: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    log = LineLog(path)
    for number, record in enumerate(records):
        log.append(record)
        if number % 2:
            log.flush()
    log.close()
    assert list(LineReader(str(path)).read()) == records


@given(st.binary())
def test_whole_lines_are_all_but_what_is_not_ended(data: bytes) -> None:
    lines, size = whole_lines(data)
    assert b"".join(line + b"\n" for line in lines) == data[:size]
    assert b"\n" not in data[size:]


def test_damaged_lines_are_problems_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a": 1}\nnonsense\n[1]\n{"a": 2}\n' + b"x\n" * 5 + b'{"half')
    reader = LineReader(str(path))
    assert list(reader.read()) == [{"a": 1}, {"a": 2}]
    problems = [str(problem) for problem in reader.take_problems()]
    assert problems[0] == f"{path}: expected a JSON object at byte 9, got 'nonsense'"
    assert len(problems) == 4
    assert reader.take_problems() == []


def test_a_file_that_was_cut_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n')
    reader = LineReader(str(path))
    assert len(list(reader.read())) == 2
    path.write_text('{"a": 1}\n')
    assert list(reader.read()) == []
    assert "lines were lost" in str(reader.take_problems()[0])


def test_a_line_that_was_left_unfinished_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    end_last_line(path)
    assert not path.exists()
    for content, expected in [("", ""), ("a\n", "a\n"), ("a\nb", "a\nb\n")]:
        path.write_text(content)
        end_last_line(path)
        assert path.read_text() == expected
