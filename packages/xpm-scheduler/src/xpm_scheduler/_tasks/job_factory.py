"""The job of a task, with the jobs that it requires."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config import Config, producers
from xpm_scheduler._graph.nodes import JobDependency, Node, TransientMode
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._workspace.workspace import RunMode, Workspace
from xpm_scheduler.exceptions import SubmissionError
from xpm_serialize import LightweightTask

from .interfaces import Plan
from .job import Job, JobOptions

if TYPE_CHECKING:
    from xpm_launchers import Launcher


def make_job(
    task: LightweightTask,
    *,
    workspace: Workspace,
    launcher: Launcher | None,
    mode: RunMode,
    plan: Plan[Job] | None,
    partials: tuple[str, ...],
    options: JobOptions,
) -> Job:
    """Return the job of a sealed task.

    Args:
        task: the task.
        workspace: where it is run.
        launcher: what runs it; `None` for the workspace's.
        mode: what to do with it.
        plan: the experiment that it is submitted to; `None` for a dry run outside any.
        partials: the partial folders that it uses.
        options: what else was asked for.

    Raises:
        SubmissionError: something that it requires will never be there.
    """
    return Job(
        task,
        workspace=workspace,
        launcher=launcher,
        run_mode=mode,
        origins=_origins(task, mode, plan),
        tokens=tuple(added for added in task.__xpm__.dependencies if _is_token(added)),
        partials=partials,
        max_retries=options.max_retries,
        transient=options.transient or TransientMode.NONE,
        backup=options.backup,
    )


def _origins(task: LightweightTask, mode: RunMode, plan: Plan[Job] | None) -> tuple[Node, ...]:
    """Return what a task requires: jobs of what it holds, jobs added by hand, and preparations."""
    jobs = _required_jobs(task)
    if plan is None or mode is RunMode.DRY_RUN:
        return tuple(dict.fromkeys(jobs))
    for job in jobs:
        if job.run_mode is RunMode.DRY_RUN:
            raise SubmissionError(
                f"{task.__xpm__.xpmtype.full_name}: needs {job.label}, which was submitted "
                "as a dry run: it will never be there"
            )
    held = dict.fromkeys(job if plan.holds(job) else renew(job, plan) for job in jobs)
    return tuple(dict.fromkeys((*held, *plan.preparations_of(task, held))))


def _required_jobs(task: LightweightTask) -> list[Job]:
    # A producer without a job was loaded from its folder: what it produces is there already.
    jobs = [producer.__xpm__.job for producer in producers(task)]
    jobs += [
        _dependency_job(task, added) for added in task.__xpm__.dependencies if not _is_token(added)
    ]
    return [newest(job) for job in jobs if job is not None]


def newest(job: Job) -> Job:
    """Return the job that has taken the place of another one, or that one.

    Several equal tasks have one job; what `renew` makes is known to the task it is made of.
    """
    last: Job = job.config.__xpm__.job
    return last


def renew(job: Job, plan: Plan[Job], options: JobOptions | None = None) -> Job:
    """Renew, for an open experiment, a job that an ended one has left, or that has failed.

    What it requires, and was left as well, is renewed before; a loop, however deep that goes.

    Args:
        job: the job.
        plan: the experiment.
        options: what is asked for now, where it differs.

    Returns:
        The job that takes its place; the same when it is done.
    """
    if job.state == JobState.DONE:
        return job
    stack = [job]
    while stack:
        current = stack[-1]
        task = current.config
        left = [] if task.__xpm__.job is not current else _left_jobs(task, plan)
        if left:
            stack += left
            continue
        stack.pop()
        if task.__xpm__.job is current:
            mode = current.run_mode
            again = current.again(_origins(task, mode, plan), options if current is job else None)
            task.__xpm__.job = plan.take(again)
            for register in task.__dict__.get("_callbacks", ()):
                register(plan, task.__xpm__.job)
    return newest(job)


def _left_jobs(task: LightweightTask, plan: Plan[Job]) -> list[Job]:
    """Return the jobs that a task requires and an ended experiment has left."""
    return [
        job
        for job in _required_jobs(task)
        if job.state != JobState.DONE
        and not plan.holds(job)
        and job.run_mode is not RunMode.DRY_RUN
    ]


def _is_token(added: Any) -> bool:
    # By its shape: submitting must not load the launchers.
    return hasattr(added, "token") and hasattr(added, "count")


def _dependency_job(task: LightweightTask, added: Any) -> Job | None:
    """Return the job that a dependency added by hand stands for."""
    if isinstance(added, JobDependency):
        added = added.origin
    if isinstance(added, Config):
        added = added.__xpm__.job
    if isinstance(added, Job):
        return added
    raise SubmissionError(
        f"{task.__xpm__.xpmtype.full_name}: add_dependencies expected submitted tasks, jobs, or "
        f"tokens (`token.dependency(1)`), got {type(added).__name__}"
    )
