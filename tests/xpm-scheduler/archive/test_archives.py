"""Experiments in workspaces with auxiliary folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from xpm_scheduler import JobState, TransientMode, experiment
from xpm_scheduler.settings import FolderMode, FolderSettings, WorkspaceSettings


def _workspace(tmp_path: Path, mode: FolderMode) -> WorkspaceSettings:
    folder = FolderSettings(tmp_path / "other", mode)
    return WorkspaceSettings("w", tmp_path / "workspace", folders=[folder])


@pytest.mark.parametrize("mode", [FolderMode.BACKUP, FolderMode.MOVE])
def test_finished_jobs_are_archived_and_come_back(tmp_path: Path, mode: FolderMode) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    workspace = _workspace(tmp_path, mode)

    def run() -> list[JobState]:
        with experiment(workspace, "archived"):
            first = Note.C(number=1, journal=journal).submit()
            second = Note.C(number=2, journal=journal, needs=[first]).submit()
        assert first.out.read_text() == second.out.read_text() == "written"
        return [first.job.state, second.job.state]

    assert run() == [JobState.DONE, JobState.DONE]
    copies = sorted(path.name for path in (tmp_path / "other" / "jobs" / "lasting.note").iterdir())
    assert len(copies) == 2
    shutil.rmtree(tmp_path / "workspace")
    assert run() == [JobState.DONE, JobState.DONE]
    assert journal.read_text().count("begin") == 2


def test_jobs_of_another_workspace_are_used(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path / "other", "before"):
        Note.C(number=1, journal=journal).submit()
    with experiment(_workspace(tmp_path, FolderMode.USE), "after") as xp:
        task = Note.C(number=1, journal=journal).submit()
    assert xp.counts.before == 1
    assert not task.jobpath.is_symlink()
    assert journal.read_text().count("begin") == 1


def test_what_only_a_restored_job_needs_is_not_run(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    workspace = _workspace(tmp_path, FolderMode.BACKUP)
    for _ in range(2):
        with experiment(workspace, "transient"):
            below = Note.C(number=1, journal=journal).submit(transient=TransientMode.REMOVE)
            top = Note.C(number=2, journal=journal, needs=[below]).submit()
        assert top.job.state == JobState.DONE
        shutil.rmtree(tmp_path / "workspace")
    assert journal.read_text().count("begin 1") == 1
    assert len(list((tmp_path / "other" / "jobs" / "lasting.note").iterdir())) == 1


def test_a_job_may_be_left_out(tmp_path: Path) -> None:
    from lasting import Note

    with experiment(_workspace(tmp_path, FolderMode.BACKUP), "some"):
        Note.C(number=1, journal=tmp_path / "journal").submit(backup=False)
    assert not list((tmp_path / "other").glob("jobs/*/*"))


def test_a_moved_job_that_cannot_be_reached_is_not_run_again(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    workspace = _workspace(tmp_path, FolderMode.MOVE)
    with experiment(workspace, "moved"):
        Note.C(number=1, journal=journal).submit()
    (tmp_path / "other").rename(tmp_path / "unmounted")
    with experiment(workspace, "moved") as xp:
        task = Note.C(number=1, journal=journal).submit()
        other = Note.C(number=2, journal=journal).submit()
    assert xp.failed
    assert "is that folder mounted?" in task.job.message
    assert other.job.state == JobState.DONE
    assert journal.read_text().count("begin 1") == 1


def test_the_settings_of_a_workspace_hold_for_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lasting import Variable

    from xpm_launchers.finder import LauncherRegistry

    settings = tmp_path / "config" / "settings.yaml"
    settings.parent.mkdir()
    settings.write_text(
        f"env:\n  FIRST: settings\n  SECOND: settings\nworkspaces:\n  - id: w\n"
        f"    path: {tmp_path / 'w'}\n    max_retries: 7\n    env:\n      SECOND: workspace\n"
    )
    monkeypatch.setattr(LauncherRegistry, "config_dir", lambda: settings.parent)
    with experiment(tmp_path / "w", "env"):
        task = Variable.C(names=["FIRST", "SECOND"]).submit()
    assert task.out.read_text() == "settings workspace"
    assert task.job.max_retries == 7
