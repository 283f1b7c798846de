"""From a task to a job: what ``submit()`` does, in the plan's own thread."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xpm_config import Config, ConfigWalkContext, Partial, mark_output, producers

from ._job import Job
from ._layout import task_name
from ._workspace import Plan, RunMode, Workspace, current_plan
from .exceptions import SubmissionError
from .settings import Settings, WorkspaceSettings

if TYPE_CHECKING:
    from xpm_launchers import Launcher
    from xpm_serialize import LightweightTask

    from ._task import Task


class SubmittingPlan(Plan, Protocol):
    """What an experiment does with a job."""

    def take(self, job: Job) -> Job:
        """Accept a job; returns it, or the one of the same identifier that is known."""
        ...


class JobContext(ConfigWalkContext):
    """Where the generated paths of a task lie: in its job's folder.

    The folder is worked out only if a path is generated, since it needs the identifier.
    """

    __slots__ = ("_task", "_workspace")

    def __init__(self, task: Task, workspace: Workspace) -> None:
        super().__init__()
        self._task = task
        self._workspace = workspace

    @property
    def task(self) -> Task:
        """The task that owns the paths."""
        return self._task

    @property
    def path(self) -> Path:
        """The folder of the job."""
        xpm = self._task.__xpm__
        task_id = xpm.xpmtype.identifier
        return Path(self._workspace.job_path(task_id, str(xpm.identifier)))

    def partialpath(self, partial: Partial, config: Config) -> Path:
        """The folder shared by tasks with the same partial identifier."""
        root = self._workspace.partialspath
        xpm = config.__xpm__
        assert partial.name is not None, "a partial is an attribute of its class"
        identifier = str(xpm.get_partial_identifier(partial))
        return root / xpm.xpmtype.identifier / partial.name / identifier


def submit_task(
    task: Task,
    *,
    workspace: Workspace | None,
    launcher: Launcher | None,
    run_mode: RunMode | None,
    init_tasks: Sequence[LightweightTask],
) -> Any:
    """See :meth:`Task.submit`."""
    if task.__xpm__.job is not None:
        return task.__dict__["_submit_output"]
    plan = current_plan()
    if workspace is None:
        workspace = plan.workspace if plan is not None else _current_folder()
    mode = run_mode or workspace.run_mode
    if plan is None and mode is not RunMode.DRY_RUN:
        raise SubmissionError(
            f"{type(task).__qualname__}: a task is submitted inside an experiment "
            '(`with experiment(folder, "name"):`), or with run_mode=RunMode.DRY_RUN'
        )
    _seal(task, workspace, init_tasks)
    job = _job_of(task, workspace, launcher, mode)
    if mode is RunMode.DRY_RUN:
        if plan is not None:
            _print_dry(job)
    else:
        job = _as_submitting(plan).take(job)
    task.__xpm__.job = job
    output = task.__submit__(_marker(task), _refuse_action)
    task.__dict__["_submit_output"] = output
    return output


def _current_folder() -> Workspace:
    """The workspace of a dry run outside any experiment."""
    return Workspace(Settings(), WorkspaceSettings("", Path.cwd()))


def _seal(task: Task, workspace: Workspace, init_tasks: Sequence[LightweightTask]) -> None:
    xpm = task.__xpm__
    if init_tasks:
        xpm.init_tasks = list(init_tasks)
    xpm.validate()
    xpm.seal(JobContext(task, workspace))
    mark_output(task, task)


def _job_of(task: Task, workspace: Workspace, launcher: Launcher | None, mode: RunMode) -> Job:
    # A producer without a job was loaded from its folder: what it produces is there already.
    origins = tuple(
        producer.__xpm__.job for producer in producers(task) if producer.__xpm__.job is not None
    )
    return Job(
        task,
        workspace=workspace,
        launcher=launcher,
        run_mode=mode,
        origins=origins,
    )


def _as_submitting(plan: Plan | None) -> SubmittingPlan:
    assert plan is not None  # checked when the mode was chosen
    return plan  # type: ignore[return-value]  # every open plan is an experiment


def _marker(task: Task) -> Any:
    def dep(config: Any) -> Any:
        mark_output(config, task)
        return config

    return dep


def _refuse_action(*_args: Any, **_kwargs: Any) -> Any:
    raise SubmissionError("actions are not part of this release yet")


def _print_dry(job: Job) -> None:
    tags = ", ".join(f"{key}={value}" for key, value in sorted(job.tags.items()))
    done = " [done]" if job.folder.is_done() else ""
    print(f"{job.locator} ({tags}){done}", file=sys.stderr)


def describe(job: Job) -> str:
    """A job for people: its short name, the start of its identifier, and its tags."""
    tags = " ".join(f"{key}={value}" for key, value in sorted(job.tags.items()))
    return f"{task_name(job.task_id)} {job.identifier[:8]}" + (f" ({tags})" if tags else "")
