"""Auxiliary folders: finished jobs are archived there, and come back from there."""

from __future__ import annotations

import hashlib
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from driver_tools import seeded

import xpm_scheduler._archive.archiver as archiving
import xpm_scheduler._archive.worker as worker
from xpm_os import staging
from xpm_os.locks import FileLock
from xpm_scheduler import (
    FolderMode,
    FolderSettings,
    Settings,
    SettingsError,
    Workspace,
    WorkspaceError,
    WorkspaceSettings,
)
from xpm_scheduler._archive.archiver import Archiver
from xpm_scheduler._archive.folders import can_restore, recover, restore
from xpm_scheduler._workspace.attempts import JobLock, new_attempt
from xpm_scheduler._workspace.layout import JobFolder

TASK = "sample.step"


def workspace(path: Path, **folders: Path) -> Workspace:
    """A workspace with auxiliary folders, given by their modes."""
    attached = [FolderSettings(folder, FolderMode(mode)) for mode, folder in folders.items()]
    return Workspace(Settings(), WorkspaceSettings("test", path, folders=attached))


def identifier(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def folder_of(ws: Workspace, number: int) -> JobFolder:
    return JobFolder(ws.job_path(TASK, identifier(number)), "step")


def content(number: int) -> dict[str, str]:
    """The files of a finished job."""
    return {
        "params.json": f'{{"version": 3, "number": {number}}}',
        "step.out": f"hello {number}\n",
        "out/model/weights.bin": f"{number}" * (1000 * (number % 7) + 1),
        "uv.lock": "version = 1",
        "some.lock/keep": "a folder of the user's",
        "out/inner.lock": "a file of the user's",
        ".experimaestro/task-outputs.jsonl": '{"key": 1}\n',
        ".experimaestro/events/event-0.jsonl": "{}\n",
    }


def make_job(ws: Workspace, number: int, *, marker: str = "done") -> JobFolder:
    """A job that has ended, as its process leaves it."""
    folder = folder_of(ws, number)
    for name, text in content(number).items():
        path = Path(folder.path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    Path(folder.path, "link").symlink_to("out/model")
    Path(folder.path, "outside").symlink_to("../../elsewhere")
    Path(folder.path, "empty").mkdir()
    Path(folder.path, "step.pid").write_text("{}")
    new_attempt(folder, "test")
    Path(folder.lock).touch()
    Path(folder.path, f"step.{marker}").write_text("" if marker == "done" else "1")
    if marker == "failed":
        Path(folder.path, "step.pid").unlink()
    return folder


def assert_whole(path: str | Path, number: int) -> None:
    """All files of a job are there."""
    for name, text in content(number).items():
        assert Path(path, name).read_text() == text, name
    assert Path(path, "step.done").exists()
    assert Path(path, "link/weights.bin").exists()
    assert Path(path, "empty").is_dir()


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """All that is below a folder, with its times of change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(folder))] = (status.st_mtime_ns, status.st_ctime_ns)
    return found


def leftovers(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in folder.rglob(".tmp.*")]


def archive(ws: Workspace, *jobs: JobFolder) -> None:
    archiver = Archiver(ws)
    for job in jobs:
        archiver.job_done(job)
    archiver.close()


@pytest.fixture(params=["at once", "later"])
def exchanging(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With and without a system that can exchange two names."""
    if request.param == "later":
        monkeypatch.setattr(staging, "exchange", lambda one, other: False)
    return str(request.param) == "at once"


# ----------------------------------------------------------------------------- archiving


def test_a_backup_is_a_copy_without_locks_and_claims(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", backup=tmp_path / "backup")
    job = make_job(ws, 1)
    Path(job.old_lock).touch()
    Path(job.path, "other.lock").touch()
    Path(job.path, ".scheduler").mkdir()
    archive(ws, job)
    copy = tmp_path / "backup" / "jobs" / TASK / identifier(1)
    assert_whole(copy, 1)
    assert_whole(job.path, 1)
    assert not Path(job.path).is_symlink()
    for name in ("step.pid", "step.lock", "other.lock", ".scheduler", ".experimaestro/step.lock"):
        assert Path(job.path, name).exists()
        assert not (copy / name).exists(), name
    assert os.readlink(copy / "outside") == "../../elsewhere"
    original = Path(job.path, "step.out").stat()
    assert (copy / "step.out").stat().st_mtime_ns == original.st_mtime_ns
    assert not leftovers(tmp_path)


def test_a_move_leaves_a_link_through_which_all_is_seen(tmp_path: Path, exchanging: bool) -> None:
    ws = workspace(tmp_path / "ws", move=tmp_path / "fast")
    jobs = [make_job(ws, number) for number in range(3)]
    archive(ws, *jobs)
    for number, job in enumerate(jobs):
        there = tmp_path / "fast" / "jobs" / TASK / identifier(number)
        assert os.readlink(job.path) == str(there)
        assert_whole(job.path, number)
        # what leads out of the folder still leads to the same place
        assert os.readlink(there / "outside") == str(tmp_path / "ws/jobs/elsewhere")
    assert not leftovers(tmp_path)
    before = snapshot(tmp_path)
    archive(ws, *jobs)
    assert snapshot(tmp_path) == before


def test_backup_and_move_together(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", move=tmp_path / "fast", backup=tmp_path / "backup")
    job = make_job(ws, 1)
    archive(ws, job)
    assert Path(job.path).is_symlink()
    assert_whole(job.path, 1)
    assert_whole(tmp_path / "backup/jobs" / TASK / identifier(1), 1)


def test_a_job_that_was_run_again_replaces_its_backup(tmp_path: Path, exchanging: bool) -> None:
    ws = workspace(tmp_path / "ws", backup=tmp_path / "backup")
    job = make_job(ws, 1)
    archive(ws, job)
    copy = tmp_path / "backup/jobs" / TASK / identifier(1)
    before = snapshot(copy)
    archive(ws, job)
    assert snapshot(copy) == before, "a copy that is there is not made again"
    new_attempt(job, "again")
    Path(job.stdout).write_text("another hello")
    archive(ws, job)
    assert (copy / "step.out").read_text() == "another hello"
    assert not leftovers(tmp_path)


def test_what_is_not_done_or_not_wanted_is_not_archived(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", backup=tmp_path / "backup")
    archive(ws, make_job(ws, 1, marker="failed"), folder_of(ws, 2))
    assert not (tmp_path / "backup").exists()
    plain = workspace(tmp_path / "ws", use=tmp_path / "used")
    threads = threading.active_count()
    archiver = Archiver(plain)
    archiver.job_done(make_job(plain, 3))
    assert threading.active_count() == threads
    archiver.close()
    assert not (tmp_path / "used").exists()


def test_a_failure_is_told_once_and_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    ws = workspace(
        tmp_path / "ws",
        move=tmp_path / "file" / "fast",
        backup=tmp_path / "backup",
    )
    jobs = [make_job(ws, number) for number in range(4)]
    with caplog.at_level(logging.ERROR, "xpm.scheduler"):
        archive(ws, *jobs)
    for number, job in enumerate(jobs):
        assert_whole(job.path, number)
        assert_whole(tmp_path / "backup/jobs" / TASK / identifier(number), number)
    first, last = (record.getMessage() for record in caplog.records)
    assert f"{jobs[0].path} cannot be archived in {tmp_path}/file/fast/jobs" in first
    assert "Not a directory" in first
    assert last == f"4 jobs could not be archived in {tmp_path}/file/fast/jobs"


@pytest.mark.parametrize("mode", ["backup", "move"])
def test_a_disk_that_is_full_loses_nothing(
    tmp_path: Path, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    ws = workspace(tmp_path / "ws", **{mode: tmp_path / "there"})
    job = make_job(ws, 1)
    Path(job.path, "large").write_bytes(b"x" * 100_000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A limit of the size of files stands for the disk: writing fails in the middle.
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        archive(ws, job)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be archived" in caplog.text
    assert_whole(job.path, 1)
    assert not Path(job.path).is_symlink()
    assert not leftovers(tmp_path)
    assert not list((tmp_path / "there").rglob("*.done"))
    archive(ws, job)
    assert_whole(tmp_path / "there/jobs" / TASK / identifier(1), 1)


def test_what_a_killed_archiver_has_left_is_removed_and_what_is_in_work_is_not(
    tmp_path: Path,
) -> None:
    ws = workspace(tmp_path / "ws", backup=tmp_path / "backup")
    parent = tmp_path / "backup/jobs" / TASK
    for name in ("dead", "old", "new", "live"):
        (parent / f".tmp.{name}" / "folder").mkdir(parents=True)
    (parent / ".tmp.dead.lock").touch()
    (parent / ".tmp.alone.lock").touch()
    os.utime(parent / ".tmp.old", (1, 1))  # of release 2.x, without a lock
    lock = FileLock(parent / ".tmp.live.lock")
    assert lock.acquire()
    archive(ws, make_job(ws, 1))
    left = sorted(path.name for path in leftovers(tmp_path))
    assert left == [".tmp.live", ".tmp.live.lock", ".tmp.new"]
    lock.release()


def test_a_job_that_is_held_is_waited_for_and_the_end_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ws = workspace(tmp_path / "ws", move=tmp_path / "fast")
    jobs = [make_job(ws, number) for number in range(3)]
    lock = JobLock(jobs[0])
    assert lock.acquire()  # its process, which is just leaving
    report = archiving._report

    def report_and_release(left: int) -> None:
        report(left)
        lock.release()

    monkeypatch.setattr(worker, "_FIRST_REPORT", 0.01)
    monkeypatch.setattr(archiving, "_report", report_and_release)
    archive(ws, *jobs)
    assert "jobs are still to be archived" in capsys.readouterr().err
    assert all(os.path.islink(job.path) for job in jobs)


# ----------------------------------------------------------------------------- restoring


@pytest.mark.parametrize("given", ["workspace", "jobs"])
def test_a_used_job_is_copied_and_nothing_is_written_there(tmp_path: Path, given: str) -> None:
    other = workspace(tmp_path / "other")
    make_job(other, 1)
    make_job(other, 2, marker="failed")
    before = snapshot(tmp_path / "other")
    used = tmp_path / "other" / "jobs" if given == "jobs" else tmp_path / "other"
    ws = workspace(tmp_path / "ws", use=used)
    assert list(ws.alt_jobspaths) == [tmp_path / "other" / "jobs"]
    job = folder_of(ws, 1)
    assert can_restore(ws, job)
    assert restore(ws, job)
    assert_whole(job.path, 1)
    assert not Path(job.path).is_symlink()
    assert not os.path.exists(job.pid)
    assert not os.path.exists(job.lock)
    assert not can_restore(ws, job)
    assert not restore(ws, folder_of(ws, 2)), "one that has failed is no result"
    assert not restore(ws, folder_of(ws, 3))
    assert snapshot(tmp_path / "other") == before
    assert not leftovers(tmp_path)


def test_what_was_deleted_comes_back(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", backup=tmp_path / "backup", move=tmp_path / "fast")
    job = make_job(ws, 1)
    archive(ws, job)
    os.unlink(job.path)
    assert restore(ws, job)
    assert_whole(job.path, 1)
    assert not Path(job.path).is_symlink(), "the backup comes first in the settings"
    again = workspace(tmp_path / "again", move=tmp_path / "fast")
    job = folder_of(again, 1)
    assert restore(again, job)
    assert os.readlink(job.path) == str(tmp_path / "fast/jobs" / TASK / identifier(1))


def test_a_failure_gives_way_to_a_success_elsewhere(tmp_path: Path, exchanging: bool) -> None:
    make_job(workspace(tmp_path / "other"), 1)
    ws = workspace(tmp_path / "ws", use=tmp_path / "other")
    job = make_job(ws, 1, marker="failed")
    Path(job.path, "mess").touch()
    lock = JobLock(job)
    assert lock.acquire()
    assert not restore(ws, job), "somebody runs it again"
    lock.release()
    assert restore(ws, job)
    assert_whole(job.path, 1)
    assert not Path(job.path, "mess").exists()
    assert not leftovers(tmp_path)


def test_what_is_there_without_an_end_is_left_alone(tmp_path: Path) -> None:
    make_job(workspace(tmp_path / "other"), 1)
    ws = workspace(tmp_path / "ws", use=tmp_path / "other")
    job = make_job(ws, 1)
    os.unlink(job.done)  # to have it run again
    assert not can_restore(ws, job)
    assert not restore(ws, job)
    assert not os.path.exists(job.done)


def test_a_folder_that_is_not_mounted_is_said_not_run_again(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", move=tmp_path / "fast")
    job = make_job(ws, 1)
    archive(ws, job)
    os.rename(tmp_path / "fast", tmp_path / "away")
    for function in (can_restore, restore):
        with pytest.raises(WorkspaceError, match=r"is that folder mounted\?"):
            function(ws, job)
    # a copy elsewhere helps
    other = workspace(tmp_path / "ws", use=tmp_path / "away")
    assert restore(other, job)
    assert_whole(job.path, 1)
    assert not Path(job.path).is_symlink()


def test_many_restore_the_same_job_at_once(tmp_path: Path) -> None:
    make_job(workspace(tmp_path / "other"), 1)
    ws = workspace(tmp_path / "ws", use=tmp_path / "other")
    job = folder_of(ws, 1)
    archivers = [Archiver(ws) for _ in range(6)]
    results: list[bool | Exception] = []
    for archiver in archivers:
        archiver.restore(job, results.append)
    for archiver in archivers:
        archiver.close()
    assert results == [True] * 6
    assert_whole(job.path, 1)
    assert not leftovers(tmp_path)


def test_what_goes_wrong_is_handed_to_who_asked(tmp_path: Path) -> None:
    make_job(workspace(tmp_path / "other"), 1)
    (tmp_path / "ws").mkdir()
    (tmp_path / "ws" / "jobs").write_text("not a folder")
    ws = workspace(tmp_path / "ws", use=tmp_path / "other")
    results: list[bool | Exception] = []
    archiver = Archiver(ws)
    archiver.restore(folder_of(ws, 1), results.append)
    archiver.close()
    (error,) = results
    assert isinstance(error, OSError)


def test_the_workspace_cannot_be_attached_to_itself(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", backup=tmp_path / "ws")
    with pytest.raises(WorkspaceError, match="is the workspace itself"):
        Archiver(ws)


# -------------------------------------------------------------------------------- recover


def test_recovering_a_job_by_hand(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", use=tmp_path / "empty", move=tmp_path / "fast")
    job = make_job(ws, 1)
    archive(ws, job, make_job(ws, 2))
    path = recover(ws, "Sample.Step", identifier(1)[:8])
    assert path == Path(job.path)
    assert_whole(path, 1)
    assert not path.is_symlink()
    assert recover(ws, TASK, identifier(1)) == path
    os.unlink(folder_of(ws, 2).path)
    assert_whole(recover(ws, TASK, identifier(2)), 2)
    assert not leftovers(tmp_path)


def test_what_cannot_be_recovered_is_said(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", backup=tmp_path / "backup")
    jobs = [make_job(ws, number) for number in range(2)]
    archive(ws, *jobs)
    with pytest.raises(WorkspaceError, match="2 jobs begin so"):
        recover(ws, TASK, "")
    with pytest.raises(WorkspaceError, match=r"no finished copy in .*/backup/jobs; did you mean"):
        recover(ws, "sample.stop", identifier(1))
    with pytest.raises(WorkspaceError, match=r"no finished copy in .*/backup/jobs$"):
        recover(ws, TASK, "zzz")
    os.unlink(jobs[1].done)
    with pytest.raises(WorkspaceError, match="is there and not finished"):
        recover(ws, TASK, identifier(1))
    with pytest.raises(WorkspaceError, match="has no auxiliary folders"):
        recover(workspace(tmp_path / "other"), TASK, identifier(1))


# ---------------------------------------------------------------------------------- faults

_ARCHIVE = """
import sys
from pathlib import Path
here = Path(sys.argv[1])
sys.path[:0] = [str(here), str(here.parent / "modules")]
import test_auxiliary as t
base = Path(sys.argv[2])
ws = t.workspace(base / "ws", backup=base / "backup", move=base / "fast")
if sys.argv[4] == "later":
    t.staging.exchange = lambda one, other: False
jobs = [t.folder_of(ws, number) for number in range(int(sys.argv[3]))]
t.restore_all(ws, jobs)
print("begin", flush=True)
t.archive(ws, *jobs)
"""


def restore_all(ws: Workspace, jobs: list[JobFolder]) -> None:
    """What a driver does first: what is missing is fetched."""
    for job in jobs:
        assert restore(ws, job), job.path


@pytest.mark.parametrize("how", ["at once", "later"])
@pytest.mark.parametrize("archivers", [1, 2])
def test_archivers_killed_at_any_moment_lose_nothing(
    tmp_path: Path, how: str, archivers: int
) -> None:
    generator = seeded(archivers)
    count = 20
    backup, fast = tmp_path / "backup", tmp_path / "fast"
    ws = workspace(tmp_path / "ws", backup=backup, move=fast)
    jobs = [make_job(ws, number) for number in range(count)]
    command = [sys.executable, "-c", _ARCHIVE, str(Path(__file__).parent)]
    command += [str(tmp_path), str(count), how]
    for _ in range(int(os.environ.get("XPM_TEST_ROUNDS", "3"))):
        processes = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(archivers)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "begin\n"
        for process in processes:
            try:
                process.wait(timeout=generator.uniform(0.0, 0.2))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        for number, job in enumerate(jobs):
            for copy in (ws, workspace(backup), workspace(fast)):
                place = folder_of(copy, number)
                if place.is_done():
                    assert_whole(place.path, number)
            assert restore(ws, job)
            assert_whole(job.path, number)
            if generator.random() < 0.5:  # there is something to do again
                recover(ws, TASK, identifier(number))
                shutil.rmtree(folder_of(workspace(backup), number).path, ignore_errors=True)
    archive(ws, *jobs)
    for number, job in enumerate(jobs):
        assert Path(job.path).is_symlink()
        assert_whole(job.path, number)
        assert_whole(folder_of(workspace(backup), number).path, number)
    assert not leftovers(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are exchanged on Linux")
def test_who_reads_a_job_while_it_is_moved_sees_all_of_it(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws", move=tmp_path / "fast")
    job = make_job(ws, 1)
    names = sorted([*os.listdir(job.path)])
    stop = threading.Event()
    missing: list[str] = []
    rounds = [0]

    def read() -> None:
        while not stop.is_set():
            try:
                assert_whole(job.path, 1)
                absent = set(names) - set(os.listdir(job.path)) - {"step.pid"}
                assert not absent, absent
            except (OSError, AssertionError) as error:
                missing.append(repr(error))
            rounds[0] += 1

    reader = threading.Thread(target=read)
    reader.start()
    end = time.monotonic() + 30
    for _ in range(10):
        archive(ws, job)
        assert os.path.islink(job.path)
        recover(ws, TASK, identifier(1))
        seen = rounds[0]
        while rounds[0] <= seen + 1 and time.monotonic() < end:
            pass
    stop.set()
    reader.join()
    assert not missing


# ------------------------------------------------------------------------- the workspace


def test_the_folders_of_a_workspace(tmp_path: Path) -> None:
    settings = Settings(workspaces=[WorkspaceSettings("old", tmp_path / "old")])
    backup = FolderSettings(tmp_path / "backup", FolderMode.BACKUP)
    own = WorkspaceSettings("new", tmp_path / "ws", alt_workspaces=["old"], folders=[backup])
    ws = Workspace(settings, own)
    assert ws.folders == [FolderSettings(tmp_path / "old", FolderMode.USE), backup]
    assert list(ws.alt_jobspaths) == [tmp_path / "old/jobs", tmp_path / "backup/jobs"]
    own.alt_workspaces = ["none"]
    with pytest.raises(SettingsError, match="no workspace is named 'none'"):
        _ = ws.folders


def test_the_schedulers_own_folders(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    run = ws.scheduler_run_path
    assert run.parent == ws.schedulerpath == tmp_path / "ws" / ".scheduler"
    assert ws.scheduler_run_path == run
    assert ws.scheduler_services_path == run / "services"
    assert ws.scheduler_lock_path == run / ".lock"
    assert not (tmp_path / "ws").exists(), "nothing is made before there is something to write"
    assert ws.cleanup_old_scheduler_runs() == (0, 0)


def test_old_scheduler_runs_are_removed_once_a_day(tmp_path: Path) -> None:
    ws = workspace(tmp_path / "ws")
    for name in ("20200101_000000", "20200102_000000.1", "20200103_000000", "mine"):
        (ws.schedulerpath / name / "services").mkdir(parents=True)
    in_use = FileLock(ws.schedulerpath / "20200103_000000" / ".lock")
    assert in_use.acquire()
    recent = ws.schedulerpath / "20200104_000000"
    recent.mkdir()
    for path in ws.schedulerpath.iterdir():
        if path != recent:
            os.utime(path, (1, 1))
    assert ws.cleanup_old_scheduler_runs(retention_days=10) == (2, 0)
    in_use.release()
    assert ws.cleanup_old_scheduler_runs() == (0, 0)
    assert ws.cleanup_old_scheduler_runs(force=True) == (1, 0)
    left = {path.name for path in ws.schedulerpath.iterdir() if path.is_dir()}
    assert left == {"20200104_000000", "mine"}
