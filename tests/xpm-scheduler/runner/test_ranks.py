"""Jobs of several processes: rank 0 takes the job, reports and marks; all of them execute."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from xpm_scheduler import JobState, RunMode, experiment
from xpm_scheduler._workspace.attempts import new_attempt, read_attempt
from xpm_scheduler._workspace.layout import JobFolder

VARIABLES = ["RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"]
RANKS = 3


def generated(tmp_path: Path, fail: int = -1) -> JobFolder:
    """The folder of a job that nobody has run."""
    from ranked import Ranked

    with experiment(tmp_path / "ws", "ranks", run_mode=RunMode.GENERATE_ONLY):
        task = Ranked.C(ranks=RANKS, journal=tmp_path / "journal", fail=fail).submit()
    return JobFolder.at(task.jobpath)


def by_the_runner(folder: JobFolder) -> Callable[[], list[str]]:
    """Ranks as a launcher starts them: the same command for all."""
    attempt = new_attempt(folder, "test")
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; from xpm_scheduler.runner import main; "
        f"sys.exit(main({folder.path!r}, {attempt.token!r}))"
    )
    return lambda: [sys.executable, "-c", code]


def by_the_script(folder: JobFolder) -> Callable[[], list[str]]:
    """Ranks that run the script of the job's folder."""
    return lambda: [sys.executable, folder.script]


def run(
    folder: JobFolder, command: Callable[[], list[str]], variable: str = "RANK"
) -> dict[int, subprocess.CompletedProcess[str]]:
    """Run all ranks beside each other, the last one first; they wait for each other."""
    plain = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    running = {
        rank: subprocess.Popen(
            command(),
            env={**plain, variable: str(rank)},
            cwd=folder.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in reversed(range(RANKS))
    }
    ended = {}
    for rank, process in running.items():
        out, printed = process.communicate(timeout=40)
        ended[rank] = subprocess.CompletedProcess(process.args, process.returncode, out, printed)
    return ended


def assert_reported_by_rank_0(folder: JobFolder, state: str) -> None:
    """What is written about the job is written once, by rank 0."""
    with open(folder.events) as file:
        events = [json.loads(line) for line in file]
    states = [event["state"] for event in events if "state" in event]
    assert states == ["running", state]
    assert [event["progress"] for event in events if "progress" in event] == [1.0]
    with open(folder.status) as file:
        assert json.load(file)["state"] == state


@pytest.mark.parametrize("start", [by_the_runner, by_the_script])
def test_rank_0_takes_the_job_and_all_execute(
    tmp_path: Path, start: Callable[[JobFolder], Callable[[], list[str]]]
) -> None:
    folder = generated(tmp_path)
    ended = run(folder, start(folder))
    assert {rank: process.returncode for rank, process in ended.items()} == {0: 0, 1: 0, 2: 0}, [
        process.stderr for process in ended.values()
    ]
    journal = (tmp_path / "journal").read_text().splitlines()
    assert sorted(journal) == ["0 main", "1 slave", "2 slave"]
    assert folder.is_done()
    attempt = read_attempt(folder)
    assert attempt is not None
    assert attempt.taken is not None
    assert_reported_by_rank_0(folder, "done")


@pytest.mark.parametrize("variable", VARIABLES)
def test_ranks_are_known_from_all_starters(tmp_path: Path, variable: str) -> None:
    folder = generated(tmp_path)
    run(folder, by_the_runner(folder), variable)
    journal = (tmp_path / "journal").read_text().splitlines()
    assert sorted(journal) == ["0 main", "1 slave", "2 slave"]


@pytest.mark.parametrize(("rank", "done"), [(0, False), (2, True)])
def test_rank_0_says_how_the_job_ended(tmp_path: Path, rank: int, done: bool) -> None:
    folder = generated(tmp_path, fail=rank)
    ended = run(folder, by_the_runner(folder))
    assert [ended[each].returncode for each in range(RANKS)] == [
        int(each == rank) for each in range(RANKS)
    ]
    assert folder.is_done() == done
    assert os.path.exists(folder.failed) != done
    assert_reported_by_rank_0(folder, "done" if done else "error")


def test_a_task_may_start_the_other_ranks(tmp_path: Path) -> None:
    """The job is started as any other, and starts the script of its folder as ranks 1 and 2."""
    from ranked import Starting

    journal = tmp_path / "journal"
    with experiment(tmp_path / "ws", "ranks") as xp:
        task = Starting.C(ranks=RANKS, journal=journal).submit()
    assert not xp.failed
    assert task.job.state == JobState.DONE
    assert sorted(journal.read_text().splitlines()) == ["0 main", "1 slave", "2 slave"]
    assert_reported_by_rank_0(JobFolder.at(task.jobpath), "done")
    with experiment(tmp_path / "ws", "ranks"):
        Starting.C(ranks=RANKS, journal=journal).submit()
    assert len(journal.read_text().splitlines()) == RANKS


def test_a_rank_does_nothing_to_a_job_that_is_done(tmp_path: Path) -> None:
    folder = generated(tmp_path)
    run(folder, by_the_script(folder))
    before = {path: path.stat().st_mtime_ns for path in Path(folder.path).rglob("*")}
    environ = {**os.environ, "RANK": "0"}
    done = subprocess.run(
        [sys.executable, folder.script], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "done already" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in Path(folder.path).rglob("*")} == before
