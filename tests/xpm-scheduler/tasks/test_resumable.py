"""Resumable tasks: their folder is kept, and how often they are executed is limited."""

from __future__ import annotations

import json
from pathlib import Path

from xpm_launchers import DirectLauncher
from xpm_launchers.finder import parse
from xpm_scheduler import JobFailureStatus, JobState, experiment
from xpm_scheduler.settings import WorkspaceSettings


def _logs(folder: Path, suffix: str) -> list[str]:
    return [path.read_text() for path in sorted(folder.glob(f"*.{suffix}"))]


def test_a_time_limit_restarts_a_resumable_task_where_it_was(tmp_path: Path) -> None:
    from lasting import Train

    with experiment(tmp_path, "train") as xp:
        train = Train.C(epochs=3).submit()
    assert not xp.failed
    assert train.job.retry_count == 3
    assert train.count.read_text() == "3"
    assert sorted(_logs(train.jobpath, "out")) == [f"from {n}, None\n" for n in range(3)]
    # An execution that printed nothing has left no log beside the last one.
    assert len(_logs(train.jobpath, "err")) == 1
    status = json.loads((train.jobpath / ".experimaestro" / "status.json").read_text())
    assert status["retry_count"] == 3
    assert status["resumable"] is True


def test_the_number_of_executions_is_kept_on_disk(tmp_path: Path) -> None:
    from lasting import Train

    def run(max_retries: int | None = None) -> tuple[JobState, str]:
        with experiment(tmp_path, "train"):
            train = Train.C(epochs=100).submit(max_retries=max_retries)
        return train.job.state, train.count.read_text()

    state, count = run()
    assert state.failure_reason is JobFailureStatus.TIMEOUT
    assert count == "3"
    assert run() == (JobState.ERROR, "3")
    assert run(5) == (JobState.ERROR, "5")
    assert run(5)[0].failure_reason is JobFailureStatus.TIMEOUT


def test_the_workspace_says_how_often(tmp_path: Path) -> None:
    from lasting import Train

    with experiment(WorkspaceSettings("w", tmp_path, max_retries=2), "train"):
        train = Train.C(epochs=100).submit()
    assert train.count.read_text() == "2"
    assert train.job.max_retries == 2
    assert "as often as max_retries allows" in train.job.message


def test_an_error_of_the_task_is_for_the_next_submission(tmp_path: Path) -> None:
    from lasting import Train

    for expected in ("1", "2", "3", "3"):
        with experiment(tmp_path, "train") as xp:
            train = Train.C(epochs=100, end="error").submit()
        assert xp.failed
        assert train.job.state.failure_reason is JobFailureStatus.FAILED
        assert train.count.read_text() == expected


def test_what_was_killed_goes_on_with_the_next_submission(tmp_path: Path) -> None:
    from lasting import KillsItself

    with experiment(tmp_path, "killed") as first:
        KillsItself.C().submit()
    assert first.failed
    with experiment(tmp_path, "killed") as second:
        task = KillsItself.C().submit()
    assert not second.failed
    assert task.job.retry_count == 2


def test_a_resumable_task_goes_on_after_the_launcher_has_ended_it(tmp_path: Path) -> None:
    from lasting import Long

    launcher = DirectLauncher(requirement=parse("duration=1s & cpu(cores=1)"))
    with experiment(tmp_path, "long", launcher=launcher) as xp:
        task = Long.C().submit()
    assert not xp.failed
    assert 0 < float(task.mark.read_text()) <= 1
    assert task.job.retry_count == 2
