"""What is left of a host: never more than there is, for any order of reserving and releasing."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers._forkserver.capacity import (
    Host,
    Need,
    Reservation,
    free_cores,
    free_devices,
    impossible,
    shortage,
    uses,
)
from xpm_launchers._host.hardware import cores_in
from xpm_os.processes import ProcessId

SERVER = ProcessId(7, "11")
DEVICES = ("0", "1", "2")
#: What batch systems give: one set within another, or apart from it
NESTED = (0b11111111, 0b00001111, 0b00000011, 0b11110000, 0b00110000)
NEEDS = st.builds(
    Need,
    cores=st.integers(1, 9),
    memory=st.integers(0, 12),
    devices=st.integers(0, 3),
    among=st.lists(st.sampled_from(DEVICES), unique=True).map(tuple),
    duration=st.integers(0, 9),
)
#: What is reserved with which CPUs, or the number of what is released
STEPS = st.one_of(st.tuples(NEEDS, st.sampled_from(NESTED)), st.integers(0, 20))
MEMORY = 16


def reservation(name: str, need: Need, cpus: int, devices: tuple[str, ...] = ()) -> Reservation:
    """Return what a job of `need` holds."""
    return Reservation(name, 0, "", SERVER, cpus, need.cores, need.memory, devices)


def run(steps: list[tuple[Need, int] | int]) -> list[list[Reservation]]:
    """Reserve what fits and release, and return what is held after each step."""
    held: dict[str, Reservation] = {}
    history = []
    for number, step in enumerate(steps):
        if isinstance(step, int):
            held.pop(str(step), None)
        else:
            need, cpus = step
            present = list(held.values())
            if not shortage(present, need, Host(cpus, MEMORY)):
                devices = tuple(free_devices(present, need)[: need.devices])
                held[str(number)] = reservation(str(number), need, cpus, devices)
        history.append(list(held.values()))
    return history


@given(st.lists(STEPS, max_size=30))
def test_there_is_a_cpu_for_each_core(steps: list[tuple[Need, int] | int]) -> None:
    unions = {
        sum(1 << bit for bit in range(8) if any(cpus >> bit & 1 for cpus in some))
        for count in range(1, len(NESTED) + 1)
        for some in combinations(NESTED, count)
    }
    for held in run(steps):
        for cpus in unions:  # Hall's condition: what must fit in a set of CPUs does
            inside = sum(each.cores for each in held if each.cpus & ~cpus == 0)
            assert inside <= cores_in(cpus)


@given(st.lists(STEPS, max_size=30))
def test_memory_is_never_exceeded_and_a_device_has_one_job(
    steps: list[tuple[Need, int] | int],
) -> None:
    for held in run(steps):
        assert sum(each.memory for each in held) <= MEMORY
        devices = [device for each in held for device in each.devices]
        assert len(devices) == len(set(devices))


@given(st.lists(STEPS, max_size=20), NEEDS, st.sampled_from(NESTED))
def test_what_is_impossible_is_what_a_free_host_is_short_of(
    steps: list[tuple[Need, int] | int], need: Need, cpus: int
) -> None:
    host = Host(cpus, MEMORY)
    assert bool(impossible(need, host)) == bool(shortage([], need, host))
    assert len(impossible(need, host)) == len(shortage([], need, host))
    for held in run(steps):
        missing = shortage(held, need, host)
        assert missing <= uses(need)
        assert missing >= shortage(held[1:], need, host)  # a release takes nothing away


@given(st.lists(st.integers(1, 255), max_size=5), st.integers(1, 255))
def test_any_sets_of_cpus_hold_no_more_cores_than_each_has(masks: list[int], mask: int) -> None:
    held: list[Reservation] = []
    for number, cpus in enumerate([*masks, mask]):
        free = free_cores(held, cpus)
        if free > 0:
            held.append(reservation(str(number), Need(free), cpus))
            assert free_cores(held, cpus) == 0
    for cpus in [*masks, mask]:
        inside = sum(each.cores for each in held if each.cpus & ~cpus == 0)
        assert inside <= cores_in(cpus)


def test_free_cores() -> None:
    narrow = reservation("narrow", Need(2), 0b0011)
    assert free_cores([], 0b1111) == 4
    assert free_cores([narrow], 0b1111) == 2
    assert free_cores([narrow], 0b0011) == 0
    assert free_cores([narrow], 0b1100) == 2
    # What may run anywhere can make place for what may not.
    assert free_cores([reservation("wide", Need(2), 0b1111)], 0b0011) == 2
    assert free_cores([reservation("wide", Need(3), 0b1111)], 0b0011) == 1
    assert free_cores([narrow, narrow], 0b0011) == -2


def test_shortage() -> None:
    host = Host(0b11, 100)
    held = [reservation("job", Need(1, 60), 0b11, ("0",))]
    assert shortage(held, Need(1, 40, 1, ("0", "1")), host) == set()
    assert shortage(held, Need(2, 41, 2, ("0", "1")), host) == {"cores", "memory", "devices"}
    # More memory in use than there is, by the ledger of a larger host: not for those without need.
    assert shortage([reservation("job", Need(1, 600), 0b11)], Need(1), host) == set()


def test_impossible() -> None:
    assert impossible(Need(2, 100, 1, ("0",)), Host(0b11, 100)) == []
    assert impossible(Need(3, 101, 2, ("0",)), Host(0b11, 100)) == [
        "3 cores required, there are 2",
        "101 bytes of memory required, there are 100",
        "2 devices required, 1 are suitable",
    ]


@given(NEEDS)
def test_a_need_is_sent_and_read(need: Need) -> None:
    assert Need.from_json(need.to_json()) == need
    listed = {k: list(v) if isinstance(v, tuple) else v for k, v in need.to_json().items()}
    assert Need.from_json(listed) == need  # as JSON has it


def test_a_usual_need_is_sent_as_nothing() -> None:
    assert Need().to_json() == {}


def test_the_server_holds_a_slot_until_the_process_starts() -> None:
    waits = Reservation("job", 0, "", SERVER, 1)
    assert waits.holder == SERVER
    assert waits._replace(pid=5, start="9").holder == ProcessId(5, "9")
