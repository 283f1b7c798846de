"""The decisions about jobs, on random plans: no I/O, no threads."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from xpm_scheduler import (
    Job,
    JobFailureStatus,
    JobState,
    JobStateError,
    Settings,
    Workspace,
    WorkspaceSettings,
)
from xpm_scheduler._graph.nodes import Node
from xpm_scheduler._graph.states import TRANSITIONS
from xpm_scheduler._graph.transitions import Change, move, submit

_WORKSPACE = Workspace(Settings(), WorkspaceSettings("", Path("/nowhere")))


def _job(number: int, origins: tuple[Job, ...]) -> Job:
    xpm = SimpleNamespace(
        xpmtype=SimpleNamespace(identifier="some.task"), identifier=number, tags=dict
    )
    config: Any = SimpleNamespace(__xpm__=xpm)
    return Job(config, workspace=_WORKSPACE, origins=origins)


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[list[int]], list[bool]]:
    """For each job, the earlier jobs that it needs; and which jobs succeed."""
    size = draw(st.integers(1, 25))
    needs = [
        draw(st.lists(st.integers(0, max(0, n - 1)), unique=True, max_size=4)) if n else []
        for n in range(size)
    ]
    return needs, draw(st.lists(st.booleans(), min_size=size, max_size=size))


@given(plans(), st.randoms(use_true_random=False))
def test_every_job_ends_as_its_dependencies_allow(
    plan: tuple[list[list[int]], list[bool]], random: Any
) -> None:
    needs, succeeds = plan
    jobs: list[Job] = []
    ready: list[Node] = []
    history: list[Change] = []

    def record(changes: list[Change]) -> None:
        history.extend(changes)
        ready.extend(job for job, _, new in changes if new == JobState.READY)

    def run_one() -> None:
        job = ready.pop(random.randrange(len(ready)))
        assert all(origin.state == JobState.DONE for origin in job.origins)
        record(move(job, JobState.SCHEDULED))
        record(move(job, JobState.RUNNING))
        good = succeeds[[other is job for other in jobs].index(True)]
        record(move(job, JobState.DONE if good else JobStateError(JobFailureStatus.FAILED)))

    for number, earlier in enumerate(needs):
        job = _job(number, tuple(jobs[n] for n in earlier))
        jobs.append(job)
        record(submit(job))
        # Jobs run while others are still being submitted.
        while ready and random.random() < 0.5:
            run_one()
    while ready:
        run_one()

    expected: list[bool] = []
    for number, earlier in enumerate(needs):
        expected.append(succeeds[number] and all(expected[n] for n in earlier))
        job = jobs[number]
        if expected[number]:
            assert job.state == JobState.DONE
        elif all(expected[n] for n in earlier):
            assert job.state.failure_reason is JobFailureStatus.FAILED
            assert job.cause is None
        else:
            assert job.state.failure_reason is JobFailureStatus.DEPENDENCY
            assert job.cause is not None
            assert job.cause.state.failure_reason is JobFailureStatus.FAILED
    for node, old, new in history:
        assert new in TRANSITIONS[old], f"{node!r}: {old!r} → {new!r}"


def test_a_failure_reaches_the_end_of_a_long_chain() -> None:
    jobs = [_job(0, ())]
    submit(jobs[0])
    for number in range(1, 20_000):
        jobs.append(_job(number, (jobs[-1],)))
        submit(jobs[-1])
    move(jobs[0], JobState.SCHEDULED)
    changes = move(jobs[0], JobStateError(JobFailureStatus.TIMEOUT))
    assert len(changes) == 20_000
    assert jobs[-1].cause is jobs[0]


def test_error_states_are_equal_whatever_their_reason() -> None:
    error = JobStateError(JobFailureStatus.MEMORY)
    assert error == JobState.ERROR
    assert error.finished()
    assert error.is_error()
    assert not error.notstarted()
    assert error.failure_reason is JobFailureStatus.MEMORY
    assert JobState.DONE != JobState.ERROR
    assert JobState.WAITING.notstarted()
    assert JobState.UNSCHEDULED.is_unscheduled()
