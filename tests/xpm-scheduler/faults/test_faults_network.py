"""The habits of network file systems: what others have written is seen late."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from xpm_scheduler import JobFailureStatus, JobState, experiment
from xpm_scheduler._workspace.layout import JobFolder


class Lagging:
    """The marker of success is seen some time after it is there.

    Stands for the cache of attributes of a network file system, in the driver's process.

    Args:
        lag: seconds.
    """

    def __init__(self, lag: float) -> None:
        self.lag = lag
        self.late = 0
        self._real = JobFolder.is_done

    def is_done(self, folder: JobFolder) -> bool:
        if not self._real(folder):
            return False
        if time.time() - os.stat(folder.done).st_mtime < self.lag:
            self.late += 1
            return False
        return True


@pytest.fixture
def lag(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Lagging]:
    """Make markers be seen late."""

    def make(seconds: float) -> Lagging:
        lagging = Lagging(seconds)
        monkeypatch.setattr(JobFolder, "is_done", lambda folder: lagging.is_done(folder))
        return lagging

    return make


def test_a_marker_that_is_seen_late_counts(tmp_path: Path, lag: Callable[[float], Lagging]) -> None:
    from lasting import Note

    lagging = lag(0.7)
    journal = tmp_path / "journal"
    with experiment(tmp_path / "ws", "late") as xp:
        first = Note.C(number=1, journal=journal).submit()
        Note.C(number=2, journal=journal, needs=[first]).submit()
    assert not xp.failed
    assert lagging.late > 3
    assert journal.read_text().count("begin") == 2
    assert not first.job.failedpath.exists()


def test_a_failure_is_told_at_once(tmp_path: Path, lag: Callable[[float], Lagging]) -> None:
    from sample import Kill, Leave

    lagging = lag(1000.0)
    with experiment(tmp_path / "ws", "failed"):
        killed, left = Kill.C().submit(), Leave.C(code=3).submit()
    assert killed.job.state == left.job.state == JobState.ERROR
    assert "3" in left.job.message
    assert lagging.late == 0


def test_what_never_comes_is_given_up(
    tmp_path: Path, lag: Callable[[float], Lagging], monkeypatch: pytest.MonkeyPatch
) -> None:
    from sample import Leave

    monkeypatch.setattr("xpm_scheduler._engine.failures._LONGEST_PATIENCE", 0.3)
    with experiment(tmp_path / "ws", "left"):
        task = Leave.C(code=0).submit()
    assert task.job.state.failure_reason is JobFailureStatus.FAILED
    assert task.job.message == "its process ended with status 0, and has left no result"


def test_a_driver_that_is_told_late_does_not_run_a_job_again(
    tmp_path: Path, lag: Callable[[float], Lagging], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file may be remembered as missing; a folder that is opened anew has it."""
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path / "ws", "first"):
        task = Note.C(number=1, journal=journal).submit()
    assert task.job.state == JobState.DONE

    stale = [True]
    real, listed = JobFolder.is_done, os.listdir

    def listdir(path: str) -> list[str]:
        stale[0] = False
        return listed(path)

    monkeypatch.setattr(JobFolder, "is_done", lambda folder: not stale[0] and real(folder))
    monkeypatch.setattr("xpm_scheduler._job_folder.status.os.listdir", listdir)
    with experiment(tmp_path / "ws", "second") as xp:
        again = Note.C(number=1, journal=journal).submit()
    assert not xp.failed
    assert again.job.found_done
    assert journal.read_text().count("begin") == 1
