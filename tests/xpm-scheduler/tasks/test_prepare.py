"""Preparations: once, in the driver, before the tasks that hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from xpm_scheduler import (
    JobFailureStatus,
    JobState,
    PrepareDependency,
    RunMode,
    experiment,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    return path


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_preparation_runs_once_before_the_tasks_that_hold_it(
    tmp_path: Path, folder: Path
) -> None:
    from lasting import Data, Follow, Reader, Use

    with experiment(tmp_path / "w", "use") as xp:
        uses = [
            Use.C(reader=Reader.C(data=Data.C(name="once", folder=folder)), number=n).submit()
            for n in range(3)
        ]
        follow = Follow.C(use=uses[0]).submit()
    assert not xp.failed
    assert _lines(folder / "asked") == _lines(folder / "prepared") == ["once"]
    assert isinstance(uses[0].job.dependencies[0], PrepareDependency)
    # What a task that is needed needs is needed too: it may have been run elsewhere.
    assert len(follow.job.dependencies) == 2


def test_what_is_prepared_is_not_prepared_again(tmp_path: Path, folder: Path) -> None:
    from lasting import Data, Reader, Use

    (folder / "there").touch()
    with experiment(tmp_path / "w", "use") as xp:
        Use.C(reader=Reader.C(data=Data.C(name="there", folder=folder))).submit()
    assert not xp.failed
    assert _lines(folder / "asked") == ["there"]
    assert _lines(folder / "prepared") == []


def test_nothing_is_prepared_for_what_is_done(tmp_path: Path, folder: Path) -> None:
    from lasting import Data, Reader, Use

    from xpm_scheduler.testing import reset

    def run() -> JobState:
        with experiment(tmp_path / "w", "use"):
            use = Use.C(reader=Reader.C(data=Data.C(name="done", folder=folder))).submit()
        state: JobState = use.job.state
        return state

    assert run() == JobState.DONE
    reset()
    assert run() == JobState.DONE
    assert _lines(folder / "asked") == ["done"]


def test_only_the_preparations_are_run_when_told_so(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lasting import Data, Reader, Use

    with experiment(tmp_path / "w", "use", run_mode=RunMode.PREPARE) as xp:
        use = Use.C(reader=Reader.C(data=Data.C(name="only", folder=folder))).submit()
    assert not xp.failed
    assert _lines(folder / "prepared") == ["only"]
    assert not use.jobpath.exists()
    assert "1 task: 1 not run" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [RunMode.NORMAL, RunMode.PREPARE])
def test_a_preparation_that_fails_fails_the_tasks(
    tmp_path: Path, folder: Path, mode: RunMode, capsys: pytest.CaptureFixture[str]
) -> None:
    from lasting import Data, Reader, Use

    name = f"fail-{mode.value}"
    with experiment(tmp_path / "w", "use", run_mode=mode) as xp:
        data = Data.C(name=name, folder=folder, fail=True)
        use = Use.C(reader=Reader.C(data=data)).submit()
    assert xp.failed
    assert "the server is gone" in capsys.readouterr().err
    if mode is RunMode.NORMAL:
        assert use.job.state.failure_reason is JobFailureStatus.DEPENDENCY
    # Another submission tries again.
    (folder / name).touch()
    with experiment(tmp_path / "w", "use") as again:
        Use.C(reader=Reader.C(data=Data.C(name=name, folder=folder, fail=True))).submit()
    assert not again.failed
