"""What a driver sends: all of it, in order, whatever the server takes at a time."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from xpm_launchers._forkserver.client.send_buffer import SendBuffer


@contextmanager
def connected() -> Iterator[tuple[SendBuffer, socket.socket]]:
    """A buffer, and the server's end of its socket."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the least that the system has
    buffer = SendBuffer()
    buffer.socket = ours
    try:
        yield buffer, theirs
    finally:
        buffer.disconnect()
        buffer.close()
        theirs.close()


def woken(buffer: SendBuffer) -> bool:
    """Return whether the thread is to look."""
    return bool(select.select([buffer.descriptor], [], [], 0)[0])


def take(server: socket.socket, size: int) -> bytes:
    """Return up to `size` bytes that were sent."""
    try:
        return server.recv(size)
    except BlockingIOError:
        return b""


STEPS = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 9000)),
    st.tuples(st.just("take"), st.integers(1, 9000)),
    st.tuples(st.just("flush"), st.just(0)),
)


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=30)
def test_all_arrives_in_order(steps: list[tuple[str, int]]) -> None:
    sent, received = b"", b""
    with connected() as (buffer, server):
        for number, (what, size) in enumerate(steps):
            if what == "send":
                line = bytes([number]) * size
                sent += line
                buffer.send(line)
                assert woken(buffer) or not buffer.pending  # the thread knows of what waits
            elif what == "take":
                received += take(server, size)
            else:
                buffer.clear_wakeup()
                buffer.flush()
                if buffer.pending:
                    buffer.wake()
            assert sent.startswith(received)
        buffer.flush()
        while data := take(server, 1 << 20):
            received += data
            buffer.flush()
        assert not buffer.pending
    assert received == sent


def test_what_is_sent_before_there_is_a_server_waits() -> None:
    with connected() as (buffer, server):
        ours, buffer.socket = buffer.socket, None
        buffer.send(b"one\n")
        assert buffer.pending
        assert woken(buffer)
        buffer.send(b"two\n")
        buffer.socket = ours
        buffer.flush()
        assert not buffer.pending
        assert take(server, 99) == b"one\ntwo\n"


def test_what_is_sent_at_once_wakes_nobody() -> None:
    with connected() as (buffer, server):
        buffer.send(b"one\n")
        assert not buffer.pending
        assert not woken(buffer)
        assert take(server, 99) == b"one\n"


def test_a_server_that_is_gone_gets_nothing_more() -> None:
    with connected() as (buffer, server):
        server.close()
        buffer.send(b"lost\n")
        assert not buffer.pending


def test_nothing_of_the_last_server_is_sent_to_the_next() -> None:
    with connected() as (buffer, _):
        buffer.send(b"x" * (1 << 20))
        assert buffer.pending
        buffer.disconnect()
        assert not buffer.pending
        ours, theirs = socket.socketpair()
        buffer.socket = ours
        buffer.send(b"next\n")
        assert take(theirs, 99) == b"next\n"
        theirs.close()


def test_any_number_of_wakeups_is_one_look() -> None:
    with connected() as (buffer, _):
        for _ in range(100):
            buffer.wake()
        assert woken(buffer)
        buffer.clear_wakeup()
        assert not woken(buffer)
        buffer.clear_wakeup()  # nothing to read does not block
        for _ in range(1 << 17):  # more than a pipe holds does not block either
            buffer.wake()
        assert woken(buffer)
