"""The ledger's file: the newest whole half counts, whatever is cut or garbled."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xpm_launchers._forkserver.capacity import Reservation
from xpm_launchers._forkserver.ledger import (
    HALF,
    HEADER_SIZE,
    LEDGER,
    Ledger,
    read_reservations,
)
from xpm_os.processes import ProcessId

SERVER = ProcessId(7, "11")
PROCESSES = st.builds(ProcessId, st.integers(1, 1 << 22), st.text(max_size=8))
RESERVATIONS = st.builds(
    Reservation,
    id=st.text(max_size=8),
    pid=st.integers(0, 1 << 22),
    start=st.text(max_size=8),
    server=PROCESSES,
    cpus=st.integers(0, 1 << 200),
    cores=st.integers(0, 500),
    memory=st.integers(0, 1 << 50),
    devices=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    expires=st.floats(0, 1e10),
)
STATES = st.tuples(
    st.lists(RESERVATIONS, max_size=4).map(lambda rows: {each.id: each for each in rows}),
    st.dictionaries(PROCESSES, st.integers(0, 500), max_size=3),
)


def write(folder: str | Path, names: str) -> None:
    """Make the ledger hold one reservation for each name."""
    ledger = Ledger(str(folder))
    try:
        with ledger:
            ledger.reservations = {
                name: Reservation(name, 0, "", SERVER, 0b1111) for name in names.split()
            }
    finally:
        ledger.close()


def read(folder: str | Path) -> str:
    """Return the names of the reservations, which both ways of reading agree on."""
    ledger = Ledger(str(folder))
    try:
        with ledger:
            names = list(ledger.reservations)
    finally:
        ledger.close()
    assert list(read_reservations(os.path.join(folder, LEDGER))) == names
    return " ".join(names)


def header(folder: Path, half: int) -> bytes:
    """Return the header of a half."""
    return (folder / LEDGER).read_bytes()[half * HALF :][:HEADER_SIZE]


def overwrite(folder: str | Path, at: int, data: bytes) -> None:
    """Write over a part of the file."""
    with open(os.path.join(folder, LEDGER), "r+b") as stream:
        stream.seek(at)
        stream.write(data)


@given(st.lists(STATES, min_size=1, max_size=5))
@settings(max_examples=50)
def test_what_is_written_is_read(
    states: list[tuple[dict[str, Reservation], dict[ProcessId, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        writer, reader = Ledger(folder), Ledger(folder)
        for reservations, waiting in states:
            with writer as ledger:
                ledger.reservations, ledger.waiting = dict(reservations), dict(waiting)
            with reader as ledger:
                assert (ledger.reservations, ledger.waiting) == (reservations, waiting)
            assert read_reservations(writer.path) == reservations
        writer.close()
        reader.close()


@given(st.data())
@settings(max_examples=50)
def test_what_two_servers_do_in_turn_adds_up(data: st.DataObject) -> None:
    model: dict[str, Reservation] = {}
    with tempfile.TemporaryDirectory() as folder:
        servers = [Ledger(folder), Ledger(folder)]
        for _ in range(data.draw(st.integers(1, 8))):
            name = data.draw(st.sampled_from("abcd"))
            with data.draw(st.sampled_from(servers)) as ledger:
                assert ledger.reservations == model
                for each in (model, ledger.reservations):
                    if each.pop(name, None) is None:
                        each[name] = Reservation(name, 0, "", SERVER, 1)
        for server in servers:
            server.close()


@given(st.data())
@settings(max_examples=60)
def test_a_writer_killed_in_the_middle_leaves_the_older_state(data: st.DataObject) -> None:
    rows = st.lists(st.sampled_from(["a", "b", "long" * 300]), unique=True).map(" ".join)
    first, before, after = (data.draw(rows) for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, LEDGER)
        for names in ("first", first + " x", before + " y"):  # never the same twice in turn
            write(folder, names)
        with open(path, "rb") as stream:
            old = stream.read()
        write(folder, after)
        with open(path, "rb") as stream:
            new = stream.read()
        half = next(start for start in (0, HALF) if old[start:][:16] != new[start:][:16])
        written = new[half:][: HEADER_SIZE + int(new[half:][17:25], 16)]
        # The header is in one page: no signal interrupts the system within it.
        cut = data.draw(st.just(0) | st.integers(HEADER_SIZE, len(written)))
        Path(path).write_bytes(old)
        overwrite(folder, half, written[:cut])
        with open(path, "rb") as stream:
            complete = stream.read()[half:].startswith(written)
        assert read(folder) == (after if complete else before + " y").strip()
        write(folder, "later")
        assert read(folder) == "later"


@given(st.integers(0, 1 << 21))
@settings(max_examples=50)
def test_a_file_that_is_cut_holds_what_is_whole(size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for names in ("one", "two", "three"):  # the first half, the second one, the first
            write(folder, names)
        path = os.path.join(folder, LEDGER)
        ends = [HEADER_SIZE + int(header(Path(folder), 0)[17:25], 16), os.path.getsize(path)]
        os.truncate(path, min(size, ends[1]))
        assert read(folder) == ("three" if size >= ends[0] else "")
        write(folder, "four")
        assert read(folder) == "four"


@given(st.data())
@settings(max_examples=80)
def test_a_garbled_document_does_not_count(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for names in ("one", "two"):
            write(folder, names)
        start = data.draw(st.sampled_from([0, HALF]))
        length = int(header(Path(folder), start // HALF)[17:25], 16)
        offset = start + HEADER_SIZE + data.draw(st.integers(0, length - 1))
        with open(os.path.join(folder, LEDGER), "rb") as stream:
            stream.seek(offset)
            byte = stream.read(1)[0]
        overwrite(folder, offset, bytes([byte ^ data.draw(st.integers(1, 255))]))
        assert read(folder) == ("two" if start == 0 else "one")


@given(st.binary(max_size=HEADER_SIZE + 20), st.binary(max_size=HEADER_SIZE + 20))
@settings(max_examples=60)
def test_garbage_is_an_empty_ledger(first: bytes, second: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, LEDGER).write_bytes(first.ljust(HALF, b"\0") + second)
        assert read(folder) == ""
        write(folder, "job")
        assert read(folder) == "job"


@pytest.mark.parametrize(
    "garbled",
    [
        b"0000000000000009 ffffffff 00000000\n",  # four gigabytes
        b"0000000000000009 -0000001 00000000\n",
        b"-000000000000001 00000002 00000000\n",
        b"0000000000000009 00000000\n",
        b"",
    ],
)
def test_a_garbled_header_does_not_count(tmp_path: Path, garbled: bytes) -> None:
    for names in ("one", "two"):
        write(tmp_path, names)
    overwrite(tmp_path, HALF, garbled.ljust(HEADER_SIZE, b"\0"))
    assert read(tmp_path) == "one"


def test_the_halves_are_written_in_turn(tmp_path: Path) -> None:
    numbers = []
    for names in "abcd":
        write(tmp_path, names)
        numbers.append([int(header(tmp_path, half)[:16] or b"0", 16) for half in (0, 1)])
    assert numbers == [[0, 0], [0, 1], [2, 1], [2, 3]]


def test_nothing_is_written_when_nothing_changes_or_an_error_is_raised(tmp_path: Path) -> None:
    write(tmp_path, "one")
    whole = (tmp_path / LEDGER).read_bytes()
    ledger = Ledger(str(tmp_path))
    with ledger:
        pass
    with pytest.raises(KeyError), ledger:
        ledger.waiting[SERVER] = 3
        raise KeyError
    ledger.close()
    assert (tmp_path / LEDGER).read_bytes() == whole


def test_a_state_too_large_for_a_half_is_kept_by_its_server(tmp_path: Path) -> None:
    write(tmp_path, "one")
    ledger = Ledger(str(tmp_path))
    large = Reservation("large", 0, "x" * HALF, SERVER, 1)
    with ledger:
        ledger.reservations["large"] = large
    assert read(tmp_path) == "one"
    with ledger:
        assert list(ledger.reservations) == ["one", "large"]
        ledger.reservations["large"] = large._replace(start="")
    ledger.close()
    assert read(tmp_path) == "one large"


def test_fields_of_a_later_release_are_left_out(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    expected = Reservation("job", 5, "9", SERVER, 3, 2, 64, ("0",), 1.5)
    later: tuple[object, ...] = (*expected[:3], (*SERVER, "more"), *expected[4:], "new", 1)
    with ledger:
        ledger.reservations["job"] = later  # type: ignore[assignment]  # what a later release writes
    ledger.close()
    assert read_reservations(ledger.path) == {"job": expected}
    assert read_reservations(str(tmp_path / "missing")) == {}


def test_what_a_process_holds_is_found(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path))
    started = Reservation("started", 5, "9", SERVER, 1)
    with ledger:
        ledger.reservations = {
            "waits": Reservation("waits", 0, "", SERVER, 1),
            "started": started,
        }
    assert ledger.find(ProcessId(5, "9")) == started
    assert ledger.find(ProcessId(5, "8")) is None
    assert ledger.find(SERVER) is None  # it holds the slot only until the process starts
    ledger.close()
