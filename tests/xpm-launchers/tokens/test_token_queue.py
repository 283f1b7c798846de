"""The decisions of counters, as functions of the records alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xpm_launchers._tokens.queue import (
    Claim,
    Evidence,
    Queue,
    acquire_record,
    evidence_record,
    release_record,
    request_record,
)

EVIDENCE = st.builds(
    Evidence,
    st.booleans(),
    st.lists(st.text(), max_size=2).map(tuple),
    st.none() | st.just({"type": "local", "pid": 3}),
    st.floats(0, 1e10),
)
STEP = st.one_of(
    st.tuples(st.just("ask"), st.integers(1, 5), st.sampled_from("abc")),
    st.tuples(st.just("grant"), st.just(0), st.just("")),
    st.tuples(st.just("end"), st.integers(1, 40), st.just("")),
    st.tuples(st.just("total"), st.integers(1, 5), st.just("")),
)


def step(queue: Queue, what: str, number: int, holder: str) -> Claim | None:
    """Do one thing that may happen; returns the claim that was granted."""
    if what == "ask":
        queue.apply(request_record(Claim(queue.last + 1, number, "key", holder)))
    elif what == "end":
        queue.apply(release_record(Claim(number, 1, "", "")))
    elif what == "total":
        queue.apply({"op": "total", "total": number})
    elif (claim := queue.next()) is not None and queue.fits(claim):
        queue.apply(acquire_record(claim))
        return claim
    return None


@given(st.lists(STEP, max_size=60))
def test_never_exceeded_and_in_the_order_of_asking(steps: list[tuple[str, int, str]]) -> None:
    queue = Queue(3)
    for each in steps:
        waiting = dict(queue.waiting)
        granted = step(queue, *each)
        assert queue.used == sum(claim.units for claim in queue.held.values())
        if granted is not None:
            assert queue.used <= queue.total
            passed = [number for number in waiting if number < granted.number]
            assert all(waiting[number].units > queue.total for number in passed)


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from("abc")), max_size=20))
def test_all_are_served_in_the_end(requested: list[tuple[int, str]]) -> None:
    queue = Queue(5)
    for units, holder in requested:
        step(queue, "ask", units, holder)
    served = []
    while (claim := queue.next()) is not None:
        if queue.fits(claim):
            queue.apply(acquire_record(claim))
            served.append(claim.number)
        else:
            queue.apply(release_record(min(queue.held.values())))
    assert served == list(range(1, len(requested) + 1))


@given(st.lists(STEP, max_size=60), EVIDENCE)
def test_the_records_of_a_state_make_the_state(
    steps: list[tuple[str, int, str]], evidence: Evidence
) -> None:
    queue = Queue(3)
    for each in steps:
        granted = step(queue, *each)
        if granted is not None:
            queue.apply(evidence_record(granted, evidence))
    copy = Queue()
    for record in queue.records():
        copy.apply(record)
    assert vars(copy) == vars(queue)
    assert list(copy.waiting) == list(queue.waiting)
