"""From a task to a job: what ``submit()`` does, in the plan's own thread."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from xpm_config import (
    Config,
    ConfigWalkContext,
    Partial,
    mark_output,
    producers,
    submit_hooks,
)

from ._job import Job
from ._layout import task_name
from ._node import JobDependency, Node, TransientMode
from ._states import JobState
from ._workspace import Plan, RunMode, Workspace, current_plan
from .exceptions import SubmissionError
from .settings import find_workspace, get_settings

if TYPE_CHECKING:
    from xpm_launchers import Launcher
    from xpm_serialize import LightweightTask

    from ._task import Task


class JobOptions(NamedTuple):
    """What can be asked for one submission; see :meth:`Task.submit`."""

    max_retries: int | None = None
    transient: TransientMode | None = None
    backup: bool | None = None


class SubmittingPlan(Plan, Protocol):
    """What an experiment does with a job."""

    def take(self, job: Job) -> Job:
        """Accept a job; returns it, or the one of the same identifier that is known."""
        ...

    def watch_output(self, job: Job, method: Any, callback: Callable[[Any], Any]) -> None:
        """Call back for each output of a job."""
        ...

    def on_completed(self, job: Job, callback: Callable[[], Any]) -> None:
        """Call back when a job is done."""
        ...

    def add_action(self, action: Any) -> str:
        """Register what can be done later; returns its identifier."""
        ...

    def preparations_of(self, task: Task, origins: Iterable[Node]) -> Iterable[Node]:
        """What is to be prepared before a task that needs these."""
        ...


class JobContext(ConfigWalkContext):
    """Where the generated paths of a task lie: in its job's folder.

    The folder is worked out only if a path is generated, since it needs the identifier.
    """

    __slots__ = ("_task", "_workspace", "partials")

    def __init__(self, task: Task, workspace: Workspace) -> None:
        super().__init__()
        #: The partial folders that were asked for.
        self.partials: dict[str, None] = {}
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

    def partial_path(self, partial: Partial, config: Config) -> Path:
        """The folder shared by tasks with the same partial identifier."""
        root = self._workspace.partialspath
        xpm = config.__xpm__
        # One that is no attribute of a class has no name.
        name = partial.name or "partial"
        identifier = str(xpm.get_partial_identifier(partial))
        path = root / xpm.xpmtype.identifier / name / identifier
        self.partials[str(path)] = None
        return path


def submit_task(
    task: Task,
    *,
    workspace: Workspace | None,
    launcher: Launcher | None,
    run_mode: RunMode | None,
    init_tasks: Sequence[LightweightTask],
    options: JobOptions,
) -> Any:
    """See :meth:`Task.submit`."""
    if task.__xpm__.job is not None:
        job = task.__xpm__.job
        if job.scheduler is not None and options.transient is not None:
            job.scheduler.submitted_again(job, options.transient)
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
    partials = _seal(task, workspace, init_tasks)
    job = _job_of(task, workspace, launcher, mode, options, plan, partials)
    if mode is RunMode.DRY_RUN:
        if plan is not None:
            _print_dry(job)
    else:
        _call_hooks(task, job)
        job = _as_submitting(plan).take(job)
        for register in task.__dict__.pop("_callbacks", ()):
            register(_as_submitting(plan), job)
    task.__xpm__.job = job
    add_action = _name_action if plan is None else _as_submitting(plan).add_action
    output = task.__submit__(_marker(task), add_action)
    task.__dict__["_submit_output"] = output
    return output


def watch_output(task: Task, method: Any, callback: Callable[[Any], Any]) -> None:
    """See :meth:`Task.watch_output`."""
    owner = getattr(method, "__self__", None)
    if not isinstance(owner, Config) or not hasattr(owner, "__xpm__"):
        raise TypeError(
            f"{type(task).__qualname__}.watch_output: expected a method of a configuration "
            f"(`task.watch_output(task.model.checkpoint, callback)`), got {method!r}"
        )

    def register(plan: SubmittingPlan, job: Job) -> None:
        plan.watch_output(job, method, callback)

    _register(task, register)


def on_completed(task: Task, callback: Callable[[], Any]) -> None:
    """See :meth:`Task.on_completed`."""

    def register(plan: SubmittingPlan, job: Job) -> None:
        plan.on_completed(job, callback)

    job: Job | None = task.__xpm__.job
    if job is not None and job.state == JobState.DONE and current_plan() is None:
        callback()
        return
    _register(task, register)


def _register(task: Task, register: Callable[[SubmittingPlan, Job], None]) -> None:
    """Register a callback now, or once the task is submitted."""
    job: Job | None = task.__xpm__.job
    if job is None:
        task.__dict__.setdefault("_callbacks", []).append(register)
    elif job.scheduler is not None:
        plan = current_plan()
        if plan is None:
            raise SubmissionError(
                f"{type(task).__qualname__}: callbacks are registered while an experiment is open"
            )
        register(_as_submitting(plan), job)


def _current_folder() -> Workspace:
    """The workspace of a dry run outside any experiment."""
    return Workspace(get_settings(), find_workspace(workdir=Path.cwd()))


def _seal(
    task: Task, workspace: Workspace, init_tasks: Sequence[LightweightTask]
) -> tuple[str, ...]:
    """Freeze a task; returns the partial folders that it uses."""
    xpm = task.__xpm__
    if init_tasks:
        xpm.init_tasks = list(init_tasks)
    xpm.validate()
    context = JobContext(task, workspace)
    xpm.seal(context)
    mark_output(task, task)
    return tuple(context.partials)


def _job_of(
    task: Task,
    workspace: Workspace,
    launcher: Launcher | None,
    mode: RunMode,
    options: JobOptions,
    plan: Plan | None,
    partials: tuple[str, ...],
) -> Job:
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


def _origins(task: Task, mode: RunMode, plan: Plan | None) -> tuple[Node, ...]:
    """What a task needs: the jobs of what it holds, those added by hand, and preparations."""
    # A producer without a job was loaded from its folder: what it produces is there already.
    jobs = [producer.__xpm__.job for producer in producers(task)]
    jobs += [
        _dependency_job(task, added) for added in task.__xpm__.dependencies if not _is_token(added)
    ]
    found: dict[int, Node] = {id(job): job for job in jobs if job is not None}
    if mode is not RunMode.DRY_RUN:
        for job in found.values():
            if isinstance(job, Job) and job.run_mode is RunMode.DRY_RUN:
                raise SubmissionError(
                    f"{type(task).__qualname__}: needs {job.label}, which was submitted as a dry "
                    "run: it will never be there"
                )
        needed = _as_submitting(plan).preparations_of(task, found.values())
        found.update({id(resource): resource for resource in needed})
    return tuple(found.values())


def _is_token(added: Any) -> bool:
    # By its shape: submitting must not load the launchers.
    return hasattr(added, "token") and hasattr(added, "count")


def _dependency_job(task: Task, added: Any) -> Job | None:
    """The job that a dependency added by hand stands for."""
    if isinstance(added, JobDependency):
        added = added.origin
    if isinstance(added, Config):
        added = added.__xpm__.job
    if isinstance(added, Job):
        return added
    raise SubmissionError(
        f"{type(task).__qualname__}: add_dependencies expected submitted tasks, jobs, or tokens "
        f"(`token.dependency(1)`), got {type(added).__name__}"
    )


def _call_hooks(task: Task, job: Job) -> None:
    """Let the launcher, and the hooks of the classes of what the task holds, change its job."""
    launcher = job.given_launcher
    if launcher is not None:
        launcher.onSubmit(job)
    for hook in submit_hooks(task, *task.__xpm__.init_tasks):
        hook.process(job, job.launcher)


def STDOUT(context: ConfigWalkContext, config: Config) -> Path:
    """Where the standard output of a task goes: ``PathGenerator(STDOUT)``."""
    return _log(context, "out")


def STDERR(context: ConfigWalkContext, config: Config) -> Path:
    """Where the standard error of a task goes: ``PathGenerator(STDERR)``."""
    return _log(context, "err")


def _log(context: ConfigWalkContext, suffix: str) -> Path:
    return context.path / f"{task_name(context.task.__xpm__.xpmtype.identifier)}.{suffix}"


def _as_submitting(plan: Plan | None) -> SubmittingPlan:
    assert plan is not None  # checked when the mode was chosen
    return plan  # type: ignore[return-value]  # every open plan is an experiment


def _marker(task: Task) -> Any:
    def dep(config: Any) -> Any:
        mark_output(config, task)
        return config

    return dep


def _name_action(action: Config) -> str:
    """Outside any experiment nothing is recorded, actions neither."""
    return str(action.__xpm__.identifier)


def _print_dry(job: Job) -> None:
    tags = ", ".join(f"{key}={value}" for key, value in sorted(job.tags.items()))
    done = " [done]" if job.folder.is_done() else ""
    print(f"{job.locator} ({tags}){done}", file=sys.stderr)
