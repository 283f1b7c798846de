"""What jobs have for themselves while they run: tokens, partial folders; and hooks, stops."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from xpm_launchers import CapacityError, CounterToken, DirectLauncher, LocalConnector
from xpm_scheduler import Job, JobFailureStatus, JobState, SubmissionError, experiment


def _most_at_once(journal: Path) -> int:
    now = most = 0
    for line in journal.read_text().splitlines():
        now += 1 if line.startswith("begin") else -1
        most = max(most, now)
    return most


def test_a_token_limits_how_many_run(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    token = CounterToken("one", tmp_path / "token", 1)
    with experiment(tmp_path, "limited") as xp:
        for number in range(6):
            token(1, Note.C(number=number, journal=journal)).submit()
    assert not xp.failed
    assert _most_at_once(journal) == 1
    assert token.available == 1


def test_what_a_job_holds_is_in_its_folder_while_it_runs(tmp_path: Path) -> None:
    from lasting import Note
    from sample import wait_for

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    token = CounterToken("two", tmp_path / "token", 2)
    with experiment(tmp_path, "limited"):
        task = Note.C(number=1, journal=journal, gate=gate)
        task.add_dependencies(token.dependency(2))
        task.submit()
        wait_for(journal)
        assert token.available == 0
        assert (task.jobpath / "locks.json").exists()
        gate.touch()
    assert token.available == 2
    assert not (task.jobpath / "locks.json").exists()


def test_more_than_there_is_cannot_be_asked_for(tmp_path: Path) -> None:
    token = CounterToken("two", tmp_path / "token", 2)
    with pytest.raises(CapacityError, match="3 units requested, there are 2"):
        token.dependency(3)


def test_a_partial_folder_serves_one_task_at_a_time(tmp_path: Path) -> None:
    from lasting import Shared

    journal = tmp_path / "journal"
    with experiment(tmp_path, "shared") as xp:
        tasks = [Shared.C(model=1, epochs=n, journal=journal).submit() for n in range(4)]
    assert not xp.failed
    assert len({task.checkpoint for task in tasks}) == 1
    assert _most_at_once(journal) == 1


def test_units_taken_by_a_driver_that_is_killed_stay_with_the_job(
    tmp_path: Path, sample_modules: Path
) -> None:
    import os
    import signal
    import sys

    from sample import wait_for

    plan = f"""
import sys
sys.path.insert(0, {str(sample_modules)!r})
from pathlib import Path
from lasting import Note
from xpm_launchers import CounterToken
from xpm_scheduler import experiment
token = CounterToken("one", {str(tmp_path / "token")!r}, 1)
with experiment({str(tmp_path)!r}, "killed"):
    folder = Path({str(tmp_path)!r})
    token(1, Note.C(number=1, journal=folder / "journal", gate=folder / "gate")).submit()
"""
    with subprocess.Popen([sys.executable, "-c", plan]) as driver:
        wait_for(tmp_path / "journal")
        os.kill(driver.pid, signal.SIGKILL)
    token = CounterToken("one", tmp_path / "token", 1)
    assert token.available == 0
    request = token.request(1)
    assert not request.poll()
    (tmp_path / "gate").touch()
    request.release()
    with token.acquire(1, timeout=30):
        assert "end 1" in (tmp_path / "journal").read_text()


def test_a_task_may_be_added_as_a_dependency(tmp_path: Path) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    with experiment(tmp_path, "after"):
        first = Note.C(number=1, journal=journal)
        plain = str(Note.C(number=2, journal=journal).__xpm__.identifier)
        second = Note.C(number=2, journal=journal)
        second.add_dependencies(first.submit()).submit()
        assert second.job.dependencies[0].origin is first.job
        assert second.job.identifier == plain
        with pytest.raises(SubmissionError, match="got str"):
            Note.C(number=3, journal=journal).add_dependencies("first").submit()
    lines = journal.read_text().splitlines()
    assert lines == ["begin 1", "end 1", "begin 2", "end 2"]


def test_nothing_more_is_started_after_a_failure_when_told_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from lasting import Note

    journal = tmp_path / "journal"
    done = Note.C(number=9, journal=journal)
    with experiment(tmp_path, "stopped"):
        done.submit()
    with experiment(tmp_path, "stopped", on_failure="stop") as xp:
        cause = Note.C(number=0, journal=journal, fail=True).submit()
        xp.wait()
        others = [Note.C(number=n, journal=journal).submit() for n in range(1, 20)]
        again = Note.C(number=9, journal=journal).submit()
    assert xp.failed
    for other in others:
        if other.job.identifier != again.job.identifier:
            assert other.job.state.failure_reason is JobFailureStatus.DEPENDENCY
            assert other.job.cause is cause.job
    assert again.job.state == JobState.DONE
    assert "begin 1\n" not in journal.read_text()
    assert "not started because" in capsys.readouterr().err


def test_what_waits_is_given_up_when_the_plan_stops(tmp_path: Path) -> None:
    from lasting import Note

    journal, gate = tmp_path / "journal", tmp_path / "gate"
    token = CounterToken("one", tmp_path / "token", 1)
    with experiment(tmp_path, "stopped", on_failure="stop") as xp, token.acquire():
        held = token(1, Note.C(number=101, journal=journal)).submit()
        cause = Note.C(number=0, journal=journal, fail=True).submit()
        many = [Note.C(number=n, journal=journal, gate=gate).submit() for n in range(1, 40)]
        after = Note.C(number=100, journal=journal, needs=[many[0]]).submit()
        assert not cause.wait()
        gate.touch()
        xp.wait()
    assert after.job.cause is held.job.cause is cause.job
    started = journal.read_text().count("begin")
    assert started == journal.read_text().count("end") + 1 < len(many)
    assert token.available == 1


def test_a_token_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lasting import Note

    monkeypatch.setenv("XPM_WORKDIR", str(tmp_path / "home"))
    journal = tmp_path / "journal"
    with experiment(tmp_path, "limited", launcher=DirectLauncher(LocalConnector())) as xp:
        token = xp.token("licence", 1)
        for number in range(3):
            token(1, Note.C(number=number, journal=journal)).submit()
    assert not xp.failed
    assert _most_at_once(journal) == 1
    assert (tmp_path / "home" / "tokens" / "licence.counter").is_dir()


def test_a_launcher_may_make_its_jobs_hold_units(tmp_path: Path) -> None:
    from lasting import Note

    token = CounterToken("one", tmp_path / "token", 1)

    class Licensed(DirectLauncher):
        def onSubmit(self, job: Job) -> None:
            job.add_dependencies(token.dependency(1))

    journal = tmp_path / "journal"
    with experiment(tmp_path, "limited", launcher=Licensed()) as xp:
        for number in range(3):
            Note.C(number=number, journal=journal).submit()
    assert not xp.failed
    assert _most_at_once(journal) == 1


def test_a_hook_changes_the_jobs_of_what_it_decorates(tmp_path: Path) -> None:
    from lasting import Hooked, Hooking, Note

    journal = tmp_path / "journal"
    Hooking.calls = 0
    with experiment(tmp_path, "hooks") as xp:
        hooked = Note.C(number=1, journal=journal, needs=[Hooked.C(), Hooked.C()]).submit()
        plain = Note.C(number=2, journal=journal).submit()
    assert not xp.failed
    assert Hooking.calls == 1
    assert hooked.job.environ == {"HOOKED": "yes"}
    assert plain.job.environ == {}
