"""Counters shared by processes: never exceeded, never lost, served in the order of asking."""

from __future__ import annotations

import json
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from xpm_launchers import (
    CapacityError,
    CounterToken,
    LocalConnector,
    LocalProcess,
    TokenFileError,
    TokenTimeoutError,
)
from xpm_launchers.testing import wait_until

WORKER = str(Path(__file__).parents[1] / "modules" / "token_worker.py")
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts workers: processes that use the counter in `tmp_path`."""
    workers: list[subprocess.Popen[bytes]] = []

    def begin(what: str, total: int, name: str, count: int = 1) -> subprocess.Popen[bytes]:
        worker = subprocess.Popen(
            [sys.executable, WORKER, what, str(tmp_path), str(total), name, str(count)]
        )
        workers.append(worker)
        return worker

    yield begin
    for worker in workers:
        worker.kill()
        worker.wait()


@pytest.fixture
def token(tmp_path: Path) -> CounterToken:
    """A counter of two."""
    return CounterToken("shared", tmp_path / "token", 2)


def logged(folder: Path, what: str) -> list[str]:
    """Return what workers have logged, of one kind."""
    log = folder / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return [line.partition(" ")[2] for line in lines if line.split()[0] == what]


def held(token: CounterToken, units: int) -> bool:
    """Whether so many units are held."""
    return token.total - token.available == units


# --- One process


def test_units_are_taken_and_given_back(token: CounterToken) -> None:
    with token.acquire(2) as request:
        assert request.granted
        assert token.available == 0
    assert token.available == 2


def test_served_in_the_order_of_asking_and_a_wide_one_is_not_overtaken(
    token: CounterToken,
) -> None:
    first = token.request(1)
    wide = token.request(2)
    small = token.request(1)
    assert (first.poll(), wide.poll(), small.poll()) == (True, False, False)
    first.release()
    assert token.poll() == [first, wide][1:]
    assert not small.poll()
    wide.release()
    assert small.poll()


def test_a_withdrawn_request_holds_up_nobody(token: CounterToken) -> None:
    first, wide, small = token.request(1), token.request(2), token.request(1)
    wide.release()
    assert first.poll()
    assert small.poll()


def test_a_second_release_gives_nothing_back(token: CounterToken) -> None:
    first = token.request(1)
    first.release()
    first.release()
    assert token.available == 2


def test_too_many_units_are_refused_with_what_there_is(token: CounterToken) -> None:
    with pytest.raises(CapacityError, match=r"'shared' .*: 3 units requested, there are 2"):
        token.request(3)
    with pytest.raises(CapacityError):
        token.dependency(3)
    with pytest.raises(ValueError, match="expected a number of units, got 0"):
        token.acquire(0)


def test_an_acquisition_that_takes_too_long_leaves_nothing_behind(token: CounterToken) -> None:
    with token.acquire(1):
        with pytest.raises(TokenTimeoutError, match="2 of 2 units were not free within"):
            token.acquire(2, timeout=0.05)
        with token.acquire(1, timeout=5):
            pass


def test_the_total_said_last_holds_for_all(tmp_path: Path, token: CounterToken) -> None:
    waiting = [token.request(1) for _ in range(3)]
    assert not waiting[2].poll()
    wider = CounterToken("shared", tmp_path / "token", 3)
    assert waiting[2].poll()
    assert (token.total, wider.available) == (3, 0)


def test_a_request_for_more_than_there_still_is_fails_and_holds_up_nobody(
    tmp_path: Path, token: CounterToken
) -> None:
    first, wide, small = token.request(1), token.request(2), token.request(1)
    CounterToken("shared", tmp_path / "token", 1)
    with pytest.raises(CapacityError):
        wide.poll()
    assert not small.poll()
    first.release()
    assert small.poll()


def test_a_token_can_be_sent_to_another_process(token: CounterToken) -> None:
    copy = pickle.loads(pickle.dumps(token))
    with copy.acquire(2):
        assert token.available == 0


def test_a_dependency_names_the_token_and_the_count(token: CounterToken) -> None:
    class Task:
        def __init__(self) -> None:
            self.dependencies: list[Any] = []

        def add_dependencies(self, *dependencies: Any) -> None:
            self.dependencies += dependencies

    task = Task()
    assert token(2, task) is task
    (dependency,) = task.dependencies
    assert (dependency.token, dependency.count) == (token, 2)


def test_a_forked_child_gives_nothing_of_its_parent_back(token: CounterToken) -> None:
    request = token.acquire(2)
    child = os.fork()
    if child == 0:
        request.release()
        os._exit(token.available)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert token.available == 0


def test_closing_gives_back_what_this_process_held(tmp_path: Path, token: CounterToken) -> None:
    token.acquire(1)
    token.request(2)
    token.close()
    assert CounterToken("shared", tmp_path / "token", 2).available == 2


# --- Files


def test_the_connector_keeps_tokens_where_release_2_does(tmp_path: Path) -> None:
    token = LocalConnector(tmp_path).createtoken("gpu", 2)
    folder = tmp_path / "tokens" / "gpu.counter"
    assert token.path == str(folder)
    assert json.loads((folder / "informations.json").read_text()) == {"total": 2}
    with pytest.raises(ValueError, match="expected the name of a token"):
        LocalConnector(tmp_path).createtoken("a/b", 2)


def test_units_held_by_jobs_of_release_2_count(tmp_path: Path, token: CounterToken) -> None:
    older = tmp_path / "token" / "jobs" / "my.task@0123.json"
    older.parent.mkdir()
    job = tmp_path / "task"
    record = {"job_uri": str(job), "information": {"count": 1}}
    older.write_text(json.dumps({**record, "process": {"type": "local", "pid": os.getpid()}}))
    assert token.available == 1
    request = token.request(2)
    assert not request.poll()
    (tmp_path / "task.done").touch()
    wait_until(request.poll, 20)


def test_half_a_line_of_a_writer_that_was_killed_is_cut_off(
    tmp_path: Path, token: CounterToken
) -> None:
    log = tmp_path / "token" / "queue.jsonl"
    with log.open("a") as stream:
        stream.write('{"op":"ask","n":1,"uni')
    with token.acquire(2), CounterToken("shared", tmp_path / "token", 2).request(1) as other:
        assert not other.poll()
    assert "uni\n" not in log.read_text()


def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, token: CounterToken) -> None:
    log = tmp_path / "token" / "queue.jsonl"
    with log.open("a") as stream:
        stream.write('{"op":"begin"}\n')
    with pytest.raises(TokenFileError, match=r"queue.jsonl, line 3: .*unknown record 'begin'"):
        token.request(1)
    log.write_text('{"op":"version","version":7}\n')
    with pytest.raises(TokenFileError, match="version 7 of the format, this release reads 1"):
        CounterToken("shared", tmp_path / "token", 2)


def test_the_log_does_not_grow_with_what_has_been(tmp_path: Path, token: CounterToken) -> None:
    other = CounterToken("shared", tmp_path / "token", 2)
    keep = other.request(1, "kept")
    for _ in range(1000):
        token.request(1).release()
    assert (tmp_path / "token" / "queue.jsonl").read_text().count("\n") < 2000
    assert keep.poll()
    keep.release()
    assert token.available == 2


def test_what_a_full_disk_kept_from_being_given_back_is_given_back_later(
    tmp_path: Path, token: CounterToken
) -> None:
    request = token.acquire(2)
    size = (tmp_path / "token" / "queue.jsonl").stat().st_size
    old, limit = signal.getsignal(signal.SIGXFSZ), resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 3, limit[1]))
        request.release()
        with pytest.raises(OSError, match="disk is full"):
            token.request(1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, old)
    with token.acquire(2, timeout=5):
        pass


# --- Several processes


def test_never_exceeded_and_never_stuck_with_four_processes(tmp_path: Path, start: Start) -> None:
    workers = [start("many", 3, str(number), 250) for number in range(4)]
    for worker in workers:
        assert worker.wait(60) == 0
    assert len(logged(tmp_path, "held")) == 1000
    assert logged(tmp_path, "exceeded") == []
    assert held(CounterToken("shared", tmp_path / "token", 3), 0)


def test_units_of_killed_holders_come_back(tmp_path: Path, start: Start) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    rng = random.Random(seed)
    workers = [start("many", 2, f"mortal{number}", 100_000) for number in range(3)]
    steady = start("many", 2, "steady", 100)
    rounds = int(os.environ.get("XPM_TEST_ROUNDS", "6"))
    for number in range(rounds):
        goal = len(logged(tmp_path, "held")) + rng.randrange(1, 20)
        wait_until(lambda goal=goal: len(logged(tmp_path, "held")) >= goal, 30)  # type: ignore[misc]
        victim = workers.pop(rng.randrange(len(workers)))
        victim.kill()
        workers.append(start("many", 2, f"next{number}", 100_000))
    assert steady.wait(60) == 0
    for worker in workers:
        worker.kill()
        worker.wait()
    token = CounterToken("shared", tmp_path / "token", 2)
    with token.acquire(2, timeout=20):
        pass
    assert logged(tmp_path, "exceeded") == []


def test_processes_are_served_in_the_order_of_asking(
    tmp_path: Path, start: Start, token: CounterToken
) -> None:
    names = [f"w{number}" for number in range(5)]
    with token.acquire(2):
        for name in names:
            start("one", 2, name, 2)
            wait_until(lambda name=name: name in logged(tmp_path, "requested"), 20)  # type: ignore[misc]
    wait_until(lambda: len(logged(tmp_path, "held")) == len(names), 20)
    assert logged(tmp_path, "held") == names


def test_a_request_for_all_is_served_while_small_ones_keep_arriving(
    tmp_path: Path, start: Start, token: CounterToken
) -> None:
    workers = [start("loop", 2, str(number)) for number in range(3)]
    wait_until(lambda: len(logged(tmp_path, "held")) > 10, 20)
    with token.acquire(2, timeout=20):
        (tmp_path / "stop").touch()
    for worker in workers:
        assert worker.wait(20) == 0


def test_a_dead_process_that_waited_holds_up_nobody(
    tmp_path: Path, start: Start, token: CounterToken
) -> None:
    with token.acquire(1):
        worker = start("one", 2, "dead", 2)
        wait_until(lambda: logged(tmp_path, "requested") == ["dead"], 20)
        worker.kill()
        worker.wait()
        with token.acquire(1, timeout=20):
            pass


def test_units_outlive_the_driver_that_took_them_for_a_job(
    tmp_path: Path, start: Start, token: CounterToken
) -> None:
    driver = start("drive", 2, "train", 2)
    wait_until(lambda: logged(tmp_path, "job") != [], 20)
    driver.kill()
    driver.wait()
    assert token.available == 0
    found = token.holding(str(tmp_path / "train"))
    assert found is not None
    assert (found.units, found.granted) == (2, True)
    with (tmp_path / "train.fifo").open("w"):
        pass
    wait_until(lambda: held(token, 0), 20)


def test_whoever_goes_on_in_the_place_of_a_dead_driver_gives_its_units_back(
    tmp_path: Path, start: Start, token: CounterToken
) -> None:
    driver = start("drive", 2, "train", 2)
    wait_until(lambda: logged(tmp_path, "job") != [], 20)
    driver.kill()
    driver.wait()
    found = token.holding(str(tmp_path / "train"))
    assert found is not None
    found.release()
    assert token.available == 2
    assert token.holding(str(tmp_path / "train")) is None
    with (tmp_path / "train.fifo").open("w"):
        pass


def test_units_are_held_as_long_as_a_process_runs(tmp_path: Path, token: CounterToken) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        request = token.acquire(2)
        request.set_evidence(process=LocalProcess(child.pid).pinned().handle(), own=False)
        assert token.available == 0
        child.kill()
    assert token.available == 2


def test_units_are_held_while_a_job_is_given_time_to_start(token: CounterToken) -> None:
    request = token.acquire(2)
    request.set_evidence(grace=60, own=False)
    assert token.available == 0
    request.set_evidence(own=False)
    assert token.available == 2
    with pytest.raises(RuntimeError, match="does not hold its units"):
        request.point()  # the older name of it


def test_thousands_of_counters_keep_few_files_open(tmp_path: Path) -> None:
    def opened() -> int:
        return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    before = opened()
    idle = [CounterToken("idle", tmp_path / f"idle{number}", 1) for number in range(200)]
    for token in idle:
        token.acquire(1).release()
    assert opened() - before <= 70
    lives = tmp_path / "lives"
    busy = [CounterToken("busy", tmp_path / f"busy{n}", 1, lives=lives) for n in range(200)]
    requests = [token.acquire(1) for token in busy]
    assert opened() - before <= 70
    assert len(list(lives.iterdir())) == 1
    again = CounterToken("busy", tmp_path / "busy7", 1)
    assert again.available == 0
    assert busy[7].holding("") is not None
    for request in requests:
        request.release()
    assert again.available == 1


def test_two_objects_of_one_process_share_a_counter(tmp_path: Path, token: CounterToken) -> None:
    other = CounterToken("shared", tmp_path / "token", 2)
    first, second = token.request(2), other.request(1)
    third = token.request(1)
    assert (first.poll(), second.poll(), third.poll()) == (True, False, False)
    first.release()
    assert not third.poll()
    assert second.poll()
    assert third.poll()
