"""Transient tasks are run only for those that need them."""

from __future__ import annotations

from pathlib import Path

import pytest

from xpm_scheduler import JobState, TransientMode, experiment

MODES = [TransientMode.TRANSIENT, TransientMode.REMOVE]


@pytest.mark.parametrize("mode", MODES)
def test_one_that_nothing_needs_is_not_run(
    tmp_path: Path, mode: TransientMode, capsys: pytest.CaptureFixture[str]
) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "alone") as xp:
        task = Note.C(number=1, journal=journal).submit(transient=mode)
        xp.wait()
        assert task.job.state == JobState.UNSCHEDULED
    assert not xp.failed
    assert not journal.exists()
    assert not task.jobpath.exists()
    assert "1 not needed" in capsys.readouterr().err


def test_one_is_run_for_what_needs_it_and_not_again(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"

    def run() -> tuple[JobState, JobState]:
        with experiment(tmp_path, "chain"):
            below = Note.C(number=1, journal=journal).submit(transient=TransientMode.TRANSIENT)
            middle = Note.C(number=2, journal=journal, needs=[below])
            middle = middle.submit(transient=TransientMode.REMOVE)
            top = Note.C(number=3, journal=journal, needs=[middle]).submit()
            assert top.wait()
            assert middle.jobpath.exists() == (middle.job.state == JobState.DONE)
        assert below.jobpath.exists()
        assert not middle.jobpath.exists()
        assert top.job.state == JobState.DONE
        return below.job.state, middle.job.state

    assert run() == (JobState.DONE, JobState.DONE)
    # What needed them is done: nothing is run again.
    assert run() == (JobState.UNSCHEDULED, JobState.UNSCHEDULED)
    lines = journal.read_text().splitlines()
    assert lines == ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"]


def test_the_folder_stays_while_what_needs_it_has_not_succeeded(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    for _ in range(2):
        with experiment(tmp_path, "failing"):
            below = Note.C(number=1, journal=journal).submit(transient=TransientMode.REMOVE)
            Note.C(number=2, journal=journal, needs=[below], fail=True).submit()
        assert below.jobpath.exists()
    assert journal.read_text().splitlines().count("begin 1") == 1


def test_the_most_conservative_mode_holds(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "modes") as xp:
        task = Note.C(number=1, journal=journal).submit(transient=TransientMode.REMOVE)
        xp.wait()
        assert not task.jobpath.exists()
        Note.C(number=1, journal=journal).submit(transient=TransientMode.TRANSIENT)
        xp.wait()
        assert not task.jobpath.exists()
        Note.C(number=1, journal=journal).submit()
        xp.wait()
        assert task.job.state == JobState.DONE
        Note.C(number=1, journal=journal).submit(transient=TransientMode.REMOVE)
    assert task.jobpath.exists()


def test_waiting_for_one_is_needing_it(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "wait"):
        task = Note.C(number=1, journal=journal).submit(transient=TransientMode.TRANSIENT)
        assert task.wait()


def test_one_that_fails_fails_what_needs_it(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "fails") as xp:
        below = Note.C(number=1, journal=journal, fail=True)
        below = below.submit(transient=TransientMode.TRANSIENT)
        top = Note.C(number=2, journal=journal, needs=[below]).submit()
    assert xp.failed
    assert top.job.cause is below.job


def test_a_chain_of_thousands_wakes_up_without_recursion(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "long") as xp:
        first = task = Note.C(number=0, journal=journal, fail=True)
        task = task.submit(transient=TransientMode.TRANSIENT)
        for number in range(1, 3000):
            task = Note.C(number=number, journal=journal, needs=[task])
            task = task.submit(transient=TransientMode.TRANSIENT)
        top = Note.C(number=3000, journal=journal, needs=[task]).submit()
        xp.wait()
    assert top.job.cause is first.job
    assert xp.counts.skipped == 3000
