"""One measured run of a reader: `python plan_states.py SCENARIO FOLDER N REPORT`.

What is read was written by the driver's own records, for jobs that are not run: a run of 100,000
jobs takes a day, and its files say the same.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from workload import Noop

from experimaestro import DirectoryContext, Workspace
from experimaestro.scheduler import Job, JobState
from xpm_scheduler import Settings, WorkspaceSettings
from xpm_scheduler.state import WorkspaceState

if TYPE_CHECKING:
    from xpm_scheduler._recording.run_writer import RunRecords

report: dict[str, float] = {}

#: What a job goes through.
STEPS = (JobState.READY, JobState.SCHEDULED, JobState.RUNNING, JobState.DONE)


def _submit(records: RunRecords, folder: Path, n: int) -> list[Job]:
    workspace = Workspace(Settings(), WorkspaceSettings("", folder))
    jobs = []
    for x in range(n):
        config = Noop.C(x=x).tag("x", x)
        config.__xpm__.seal(DirectoryContext(folder / "alone"))
        jobs.append(Job(config, workspace=workspace))
        records.submitted(jobs[-1])
    return jobs


def record(folder: Path, n: int) -> None:
    """Records `n` jobs; the driver is killed when the last hundredth of them has just ended."""
    from xpm_scheduler._recording.run_writer import RunRecords

    experiment = folder / "experiments" / "bench"
    experiment.mkdir(parents=True)
    records = RunRecords(experiment, [], [])
    jobs = _submit(records, folder, n)
    late = n - n // 100
    for count, job in enumerate(jobs):
        if count == late:
            records.flush()
            records.write_status("running")
        for step in STEPS:
            job.state = step
            records.changed(job, step)
    records._flush_logs()  # its driver has no time left for a snapshot


def states(folder: Path, n: int) -> None:
    """Reads the states of all jobs, by a reader that knows nothing yet; then what is new."""
    begun = time.process_time()
    run = WorkspaceState(folder).run("bench")
    counts = run.counts()
    report["states"] = time.process_time() - begun
    begun = time.process_time()
    run.refresh()
    report["again"] = time.process_time() - begun
    begun = time.process_time()
    for job in run.jobs.values():
        assert job.tags
    report["tags"] = time.process_time() - begun
    kept = (run.path / "status.json").rename(run.path / "aside.json")
    begun = time.process_time()
    again = WorkspaceState(folder).run("bench")
    report["log"] = time.process_time() - begun
    kept.rename(run.path / "status.json")
    assert again.counts() == counts
    report["done"] = counts["done"]


def snapshot(folder: Path, n: int) -> None:
    """Writes snapshots of `n` jobs that wait."""
    from xpm_scheduler._recording.run_writer import RunRecords

    experiment = folder / "experiments" / "bench"
    experiment.mkdir(parents=True)
    records = RunRecords(experiment, [], [])
    _submit(records, folder, n)
    records.flush()
    begun = time.process_time()
    records.write_status("running")
    report["snapshot"] = time.process_time() - begun


def main() -> None:
    scenario, folder, n, output = sys.argv[1:]
    scenarios = {each.__name__: each for each in (record, states, snapshot)}
    scenarios[scenario](Path(folder), int(n))
    Path(output).write_text(json.dumps(report))


if __name__ == "__main__":
    main()
