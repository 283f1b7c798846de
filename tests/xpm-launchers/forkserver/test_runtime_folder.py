"""The folder of fork servers: this user's alone, and sockets in it whatever its path."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from xpm_launchers._forkserver.runtime_folder import VARIABLE, runtime_folder, socket_address
from xpm_launchers.exceptions import RuntimeFolderError
from xpm_os.hosts import boot_id


def test_it_is_made_and_private(runtime: Path) -> None:
    folder = Path(runtime_folder())
    assert folder.parent == runtime
    assert folder.name.startswith(boot_id()[:8] + "-")
    for path in (runtime, folder):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert runtime_folder() == str(folder)


@pytest.mark.parametrize("mask", [0, 0o022, 0o077])
def test_it_is_private_with_any_mask(runtime: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        assert stat.S_IMODE(os.stat(runtime_folder()).st_mode) == 0o700
    finally:
        os.umask(before)


def test_folders_above_it_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "a" / "b"))
    assert Path(runtime_folder()).parent == tmp_path / "a" / "b"


@pytest.mark.parametrize("name", ["TMPDIR", "XDG_RUNTIME_DIR", "HOME"])
def test_what_differs_between_sessions_does_not_move_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv(name, str(tmp_path))
    try:
        folder = runtime_folder()
    except RuntimeFolderError as error:  # somebody else was first, on a shared machine
        folder = str(error)
    assert f"/tmp/experimaestro-{os.getuid()}" in folder
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("mode", "accepted"), [(0o700, True), (0o755, True), (0o770, False),
                                                (0o702, False), (0o1777, False)])  # fmt: skip
def test_a_folder_that_others_can_write_to_is_refused(
    runtime: Path, mode: int, accepted: bool
) -> None:
    for path in (runtime, Path(runtime_folder())):
        path.chmod(mode)
        if accepted:
            runtime_folder()
        else:
            with pytest.raises(RuntimeFolderError, match="no other user can write to"):
                runtime_folder()
        path.chmod(0o700)


def test_a_link_is_refused(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    runtime.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RuntimeFolderError, match=VARIABLE):
        runtime_folder()


def test_a_file_in_its_place_is_reported(runtime: Path) -> None:
    runtime.write_text("")
    with pytest.raises(RuntimeFolderError, match=r"cannot be made \(File exists\).*" + VARIABLE):
        runtime_folder()


def connect(folder: Path, name: str) -> str:
    """Listen and connect at the address of a socket, and return the address."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        address = socket_address(descriptor, str(folder), name)
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(address)
            server.listen()
            client.connect(address)
        assert (folder / name).is_socket()
    finally:
        os.close(descriptor)
    return address


@pytest.mark.parametrize("depth", [0, 60, 98, 99, 100, 107, 108, 400])
def test_a_socket_can_be_reached_whatever_its_path(tmp_path: Path, depth: int) -> None:
    missing = depth - len(str(tmp_path)) - len("/name.sock")
    folder = tmp_path
    while missing > 1:
        part = min(missing - 1, 200)
        folder /= "d" * part
        missing -= part + 1
    address = connect(folder, "name.sock")
    assert len(os.fsencode(address)) < 108


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs /proc")
def test_the_bytes_of_a_path_count(tmp_path: Path) -> None:
    folder = tmp_path / ("é" * 45)
    assert connect(folder, "s").startswith("/proc/self/fd/")
