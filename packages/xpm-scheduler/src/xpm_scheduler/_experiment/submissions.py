"""What an experiment does with the jobs that are submitted to it, in the plan's thread."""

from __future__ import annotations

from xpm_scheduler._graph.states import JobState
from xpm_scheduler._tasks.interfaces import Engine
from xpm_scheduler._tasks.job import Job
from xpm_scheduler.exceptions import SubmissionError

from .checks import refuse_interactive
from .tracker import Tracker


def take(job: Job, engine: Engine[Job], tracker: Tracker) -> Job:
    """Accept a job.

    Args:
        job: the job.
        engine: runs it.
        tracker: follows it.

    Returns:
        The job, or the one of the same identifier that was submitted before.

    Raises:
        SubmissionError: the experiment has ended, or no job could load the task.
    """
    if not engine.runs(tracker):
        raise SubmissionError(
            f"the experiment {tracker.plan.name} has ended: {job.label} came too late"
        )
    refuse_interactive(job.config)
    key = (job.task_id, job.identifier)
    before = tracker.jobs.get(key)
    if before is not None and before.state != JobState.ERROR:
        engine.submitted_again(before, job.transient)
        return before
    shared = engine.find(job)
    if before is None and shared is not None:
        tracker.jobs[key] = shared
        engine.join(shared, tracker)
        engine.submitted_again(shared, job.transient)
        return shared
    if before is not None:
        # It failed in this run and is tried again: it must not count twice.
        engine.call(lambda: tracker.job_forgotten(before))
    tracker.jobs[key] = job
    engine.submit(job, tracker)
    return job
