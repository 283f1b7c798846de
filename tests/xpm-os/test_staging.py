"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xpm_os.locks import FileLock
from xpm_os.staging import PREFIX, Stage, exchange, remove_leftovers
from xpm_os.trees import copy_tree, remove_tree, scan


def make(folder: str, text: str) -> None:
    os.mkdir(folder)
    Path(folder, "file").write_text(text)


def test_what_is_staged_appears_at_once_and_nothing_is_left(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "place"
    for text in ("first", "second"):
        with Stage(str(place.parent)) as stage:
            make(stage.path, text)
            assert stage.put(str(place))
        assert (place / "file").read_text() == text
        assert os.listdir(place.parent) == ["place"]


def test_what_is_not_put_is_removed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Stage(str(tmp_path)) as stage:
        make(stage.path, "half")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_are_not(tmp_path: Path) -> None:
    make(f"{tmp_path}/{PREFIX}dead", "")
    Path(f"{tmp_path}/{PREFIX}dead.lock").touch()
    make(f"{tmp_path}/{PREFIX}alive", "")
    make(f"{tmp_path}/kept", "")
    lock = FileLock(f"{tmp_path}/{PREFIX}alive.lock")
    lock.acquire()
    remove_leftovers(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == [f"{PREFIX}alive", f"{PREFIX}alive.lock", "kept"]
    lock.release()
    remove_leftovers(str(tmp_path))
    assert os.listdir(tmp_path) == ["kept"]


def test_names_are_exchanged(tmp_path: Path) -> None:
    make(f"{tmp_path}/one", "1")
    make(f"{tmp_path}/two", "2")
    if exchange(f"{tmp_path}/one", f"{tmp_path}/two"):
        assert (tmp_path / "one" / "file").read_text() == "2"
        assert (tmp_path / "two" / "file").read_text() == "1"
    with pytest.raises(OSError, match="none"):
        exchange(f"{tmp_path}/one", f"{tmp_path}/none")


def test_a_copy_has_what_the_tree_had(tmp_path: Path) -> None:
    make(f"{tmp_path}/tree", "text")
    (tmp_path / "tree" / "inner").mkdir(mode=0o755)
    (tmp_path / "tree" / "inner" / "link").symlink_to("../../outside")
    (tmp_path / "tree" / "near").symlink_to("file")
    tree = scan(f"{tmp_path}/tree")
    copy_tree(f"{tmp_path}/tree", f"{tmp_path}/copy", tree, absolute=True)
    assert (tmp_path / "copy" / "file").read_text() == "text"
    assert os.readlink(tmp_path / "copy" / "near") == "file"
    assert os.readlink(tmp_path / "copy" / "inner" / "link") == f"{tmp_path}/outside"


def test_links_are_removed_and_what_they_lead_to_is_not(tmp_path: Path) -> None:
    make(f"{tmp_path}/kept", "text")
    (tmp_path / "link").symlink_to("kept")
    make(f"{tmp_path}/gone", "")
    (tmp_path / "gone" / "link").symlink_to("../kept")
    (tmp_path / "gone" / "closed").mkdir()
    (tmp_path / "gone" / "closed" / "file").touch()
    (tmp_path / "gone" / "closed").chmod(0o500)
    for name in ("link", "gone", "none"):
        remove_tree(f"{tmp_path}/{name}")
    assert os.listdir(tmp_path) == ["kept"]
    assert (tmp_path / "kept" / "file").read_text() == "text"
