"""Which requests get a slot: in order, shared fairly, and nobody waits for ever."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xpm_launchers._forkserver.capacity import Host, Need, Reservation, shortage, uses
from xpm_launchers._forkserver.server.allocation import Allocator, FairShare
from xpm_launchers._forkserver.server.jobs import Client, Job
from xpm_os.processes import ProcessId

SERVER, OTHER = ProcessId(7, "11"), ProcessId(8, "12")
HOST = Host(0b1111, 8)
DEVICES = ("0", "1")
NEEDS = st.builds(
    lambda cores, memory, devices: Need(cores, memory, devices, DEVICES if devices else ()),
    st.integers(1, 4),
    st.sampled_from([0, 0, 3, 8]),
    st.sampled_from([0, 0, 1, 2]),
)
QUEUES = st.lists(st.lists(NEEDS, max_size=5), min_size=1, max_size=3)


class Server:
    """Clients with jobs, and what they hold."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        self.clients: list[Client] = []
        self.reservations: dict[str, Reservation] = {}
        self.running: list[Job] = []
        self.count = 0
        self.last: Allocator | None = None

    def client(self, *needs: Need) -> Client:
        """Return a new client that waits for slots."""
        pair = socket.socketpair()
        self.sockets += pair
        client = Client(pair[0])
        client.uid = str(len(self.clients))
        self.clients.append(client)
        for need in needs:
            self.ask(client, need)
        return client

    def ask(self, client: Client, need: Need) -> Job:
        """Add a job to a client's queue."""
        self.count += 1
        job = Job(client, self.count, need)
        client.waiting.append(job)
        return job

    def grant(self) -> list[Job]:
        """Do a round."""
        self.last = Allocator(self.reservations, HOST)
        granted = self.last.allocate(self.clients, lambda job: job.reservation(SERVER, HOST.cpus))
        self.running += granted
        return granted

    def end(self, job: Job) -> None:
        """End a job that runs."""
        self.running.remove(job)
        del self.reservations[job.reservation_id]
        job.uncount()


@contextmanager
def new_server() -> Iterator[Server]:
    """A server without clients."""
    server = Server()
    try:
        yield server
    finally:
        for each in server.sockets:
            each.close()


def check_capacity(server: Server) -> None:
    """Check that no more is held than there is, and that the shares are right."""
    held = list(server.reservations.values())
    assert sum(each.cores for each in held) <= 4
    assert sum(each.memory for each in held) <= 8
    devices = [device for each in held for device in each.devices]
    assert len(devices) == len(set(devices))
    assert all(len(job.devices) == job.need.devices for job in server.running)
    for client in server.clients:
        held_cores = sum(job.need.cores for job in server.running if job.counted_for is client)
        assert client.cores == held_cores


@given(QUEUES, st.data())
@settings(max_examples=60)
def test_all_are_served_and_nothing_is_exceeded(
    queues: list[list[Need]], data: st.DataObject
) -> None:
    with new_server() as server:
        for needs in queues:
            server.client(*needs)
        served = 0
        while any(client.waiting for client in server.clients):
            waiting = [list(client.waiting) for client in server.clients]
            granted = server.grant()
            served += len(granted)
            check_capacity(server)
            for queue in waiting:
                for kinds in {frozenset(uses(job.need)) for job in queue}:
                    alike = [job in granted for job in queue if uses(job.need) == kinds]
                    assert alike == sorted(alike, reverse=True)  # granted in order
            assert server.running  # a free host grants something
            server.end(data.draw(st.sampled_from(server.running)))
        assert served == sum(map(len, queues))


@given(QUEUES)
@settings(max_examples=60)
def test_a_request_that_waits_is_short_of_something(queues: list[list[Need]]) -> None:
    with new_server() as server:
        for needs in queues:
            server.client(*needs)
        server.grant()
        assert server.last is not None
        assert server.grant() == []  # one round grants all that it can
        held = list(server.reservations.values())
        for client in server.clients:
            if client.waiting and not server.last.blocked:
                pytest.fail("a request waits for nothing")
            for job in client.waiting:
                short = shortage(held, job.need, HOST)
                assert short or uses(job.need) & server.last.blocked
        wanted = server.last.cores_wanted
        assert bool(wanted) == ("cores" in server.last.blocked)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
@settings(max_examples=40)
def test_cores_are_shared_evenly(counts: list[int]) -> None:
    with new_server() as server:
        for count in counts:
            server.client(*[Need()] * count)
        server.grant()
        waits = [client.cores for client in server.clients if client.waiting]
        most = max(client.cores for client in server.clients)
        assert not waits or most - min(waits) <= 1
        assert len(server.running) == min(4, sum(counts))


@given(st.integers(1, 4), st.data())
@settings(max_examples=40)
def test_a_wide_request_is_not_starved_by_narrow_ones(cores: int, data: st.DataObject) -> None:
    with new_server() as server:
        busy = server.client(*[Need()] * 6)
        server.grant()
        wide = server.ask(server.client(), Need(cores))
        for _ in range(cores):
            server.end(data.draw(st.sampled_from(server.running)))
            server.ask(busy, Need())
            server.grant()
        assert wide in server.running


def test_the_driver_that_was_served_least_recently_is_next() -> None:
    with new_server() as server:
        first = server.client(*[Need(4)] * 3)
        second = server.client(*[Need(4)] * 3)
        order = []
        for _ in range(6):
            (job,) = server.grant()
            order.append(job.client)
            server.end(job)
        assert order == [first, second] * 3


def test_a_wait_for_a_device_holds_up_those_who_want_one_only() -> None:
    with new_server() as server:
        client = server.client(
            Need(1, 0, 2, DEVICES), Need(1, 0, 1, DEVICES), Need(1, 8), Need(1, 1), Need(1)
        )
        jobs = list(client.waiting)
        assert server.grant() == [jobs[0], jobs[2], jobs[4]]
        assert server.last is not None
        assert server.last.blocked == {"devices", "memory"}
        assert server.last.cores_wanted == 0
        assert list(client.waiting) == [jobs[1], jobs[3]]
        assert (jobs[0].devices, jobs[2].devices) == (DEVICES, ())


def test_the_suitable_devices_alone_are_given() -> None:
    with new_server() as server:
        server.client(Need(1, 0, 1, ("1",)), Need(1, 0, 1, DEVICES), Need(1, 0, 1, ("1",)))
        assert [job.devices for job in server.grant()] == [("1",), ("0",)]


def held(server: ProcessId, *cores: int) -> dict[str, Reservation]:
    """Return reservations of a server."""
    return {
        f"{server.pid}-{number}": Reservation(f"{server.pid}-{number}", 0, "", server, 0b1111, each)
        for number, each in enumerate(cores)
    }


@given(
    st.lists(st.integers(1, 2), max_size=4),
    st.lists(st.integers(1, 2), max_size=4),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_two_servers_never_wait_for_each_other(
    own: list[int], others: list[int], own_wants: int, other_wants: int
) -> None:
    reservations = {**held(SERVER, *own), **held(OTHER, *others)}
    waiting = {SERVER: own_wants, OTHER: other_wants}
    answers = [
        FairShare(server).yields(reservations, waiting, HOST, 0.0) for server in (SERVER, OTHER)
    ]
    assert answers != [True, True]
    free = 4 - sum(own) - sum(others)
    assert answers[0] == (sum(others) < sum(own) and 0 < other_wants <= free)


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=10))
def test_the_patience_has_an_end(gaps: list[float]) -> None:
    share, now, since = FairShare(SERVER), 0.0, 0.0
    reservations, waiting = held(SERVER, 2), {OTHER: 1}
    assert share.yields(reservations, waiting, HOST, now)
    patient = True
    for gap in gaps:
        now += gap
        answer = share.yields(reservations, waiting, HOST, now)
        patient = patient and now - since < FairShare.PATIENCE
        assert answer == patient  # once passed over, it is not waited for again


def test_a_server_that_takes_what_it_is_left_is_waited_for_again() -> None:
    share = FairShare(SERVER)
    mine, waiting = held(SERVER, 2), {OTHER: 1}
    assert share.yields(mine, waiting, HOST, 0.0)
    assert not share.yields(mine, waiting, HOST, 0.2)
    assert not share.yields(mine, waiting, HOST, 0.3)
    both = {**mine, **held(OTHER, 1)}
    assert share.yields(both, waiting, HOST, 0.4)
    assert not share.yields(both, {OTHER: 2}, HOST, 0.4)  # it cannot take what is left
