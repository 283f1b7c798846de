"""Files that are whole or absent."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from xpm_os.files import read_json_object, replace_link, write_atomic, write_json


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": [1, "é"]})
    assert read_json_object(tmp_path / "a.json") == {"a": [1, "é"]}
    write_atomic(tmp_path / "a.json", b"{}", sync=True)
    assert read_json_object(tmp_path / "a.json") == {}
    assert os.listdir(tmp_path) == ["a.json"]


def test_the_mode_is_what_the_mask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "file", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_no_such_file_is_none_and_anything_else_is_an_error(tmp_path: Path) -> None:
    assert read_json_object(tmp_path / "none") is None
    (tmp_path / "file").write_text("[1]")
    assert read_json_object(tmp_path / "file" / "inside") is None
    with pytest.raises(ValueError, match=r"file: expected a JSON object, got list"):
        read_json_object(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"\xff{")
    with pytest.raises(ValueError, match=r"file: expected a JSON object: "):
        read_json_object(tmp_path / "file")


def test_readers_see_one_content_or_the_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = {letter * 100_000 for letter in "ab"}
    write_atomic(path, "a" * 100_000)
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            for content in contents:
                write_atomic(path, content)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        assert {path.read_text() for _ in range(300)} <= contents
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert os.listdir(tmp_path) == ["file"]


def test_a_full_disk_leaves_what_was_there_and_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, "before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit of the size of files stands for the disk: writing fails in the middle.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=f"'{path}'") as raised:
            write_atomic(path, "x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert raised.value.filename == str(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_is_never_absent(tmp_path: Path) -> None:
    replace_link(tmp_path / "current", "one")
    assert os.readlink(tmp_path / "current") == "one"
    replace_link(tmp_path / "current", "two")
    assert os.readlink(tmp_path / "current") == "two"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        replace_link(tmp_path / "folder", "one")
    assert sorted(os.listdir(tmp_path)) == ["current", "folder"]


def test_importing_loads_little() -> None:
    heavy = ("subprocess", "socket", "logging", "asyncio", "tempfile", "shutil", "ctypes")
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; import xpm_os.files, xpm_os.jsonl, xpm_os.locks, "
        f"xpm_os.processes, xpm_os.hosts; print([n for n in {heavy} if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
