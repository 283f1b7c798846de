"""From a task to a job: what `submit()` does, in the plan's own thread."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from xpm_config import Config, mark_output, submit_hooks
from xpm_scheduler._graph.nodes import TransientMode
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._workspace.workspace import RunMode, Workspace
from xpm_scheduler.exceptions import SubmissionError
from xpm_serialize import LightweightTask

from .context import JobContext
from .interfaces import Plan
from .job import Job, JobOptions
from .job_factory import make_job, newest, renew
from .open_plans import open_plans

if TYPE_CHECKING:
    from xpm_launchers import Launcher

#: Gives the output of a task; called with a function that marks what the task produces, and one
#: that registers actions.
MakeOutput = Callable[[Callable[[Any], Any], Callable[[Any], str]], Any]


def submit_task(
    task: LightweightTask,
    make_output: MakeOutput,
    *,
    workspace: Workspace | None,
    launcher: Launcher | None,
    run_mode: RunMode | None,
    init_tasks: Sequence[LightweightTask],
    options: JobOptions,
) -> Any:
    """Submit a task; see `Task.submit`.

    Args:
        task: the task.
        make_output: gives what is returned.
        workspace: where its folder lies.
        launcher: what runs it.
        run_mode: what to do with it.
        init_tasks: what to execute before it.
        options: what else is asked for.

    Returns:
        The output of the task.
    """
    _check(task, launcher, init_tasks, options)
    plan = open_plans.current()
    if task.__xpm__.job is not None:
        _submit_again(task, plan, options)
        return task.__dict__["_submit_output"]
    if workspace is None:
        workspace = plan.workspace if plan is not None else _current_folder()
    mode = workspace.run_mode if run_mode is None else RunMode(run_mode)
    if plan is None and mode is not RunMode.DRY_RUN:
        raise SubmissionError(
            f"{task.__xpm__.xpmtype.full_name}: a task is submitted inside an experiment "
            '(`with experiment(folder, "name"):`), or with run_mode=RunMode.DRY_RUN'
        )
    partials = _seal(task, workspace, init_tasks)
    job = make_job(
        task,
        workspace=workspace,
        launcher=launcher,
        mode=mode,
        plan=plan,
        partials=partials,
        options=options,
    )
    if plan is not None and mode is RunMode.DRY_RUN:
        _print_dry(job)
    elif plan is not None:
        _call_hooks(task, job)
        job = plan.take(job)
        for register in task.__dict__.get("_callbacks", ()):
            register(plan, job)
    task.__xpm__.job = job
    add_action = _name_action if plan is None else plan.add_action
    output = make_output(_marker(task), add_action)
    task.__dict__["_submit_output"] = output
    return output


def _check(
    task: LightweightTask,
    launcher: Launcher | None,
    init_tasks: Sequence[LightweightTask],
    options: JobOptions,
) -> None:
    """Refuse arguments that cannot be meant, before anything is done."""

    def refuse(argument: str, expected: str, got: object) -> NoReturn:
        raise TypeError(
            f"{task.__xpm__.xpmtype.full_name}.submit: {argument}: expected {expected}, got {got!r}"
        )

    if launcher is not None and not hasattr(launcher, "request"):
        refuse("launcher", "a launcher (such as `find_launcher(...)` gives)", launcher)
    for init_task in init_tasks:
        task_like: object = init_task
        if not isinstance(task_like, LightweightTask) or not hasattr(task_like, "__xpm__"):
            refuse("init_tasks", "configurations of lightweight tasks", init_task)
    if options.transient is not None and not isinstance(options.transient, TransientMode):
        names = ", ".join(f"TransientMode.{mode.name}" for mode in TransientMode)
        refuse("transient", f"one of {names}", options.transient)
    retries = options.max_retries
    if retries is not None and (type(retries) is not int or retries < 1):
        refuse("max_retries", "a number of executions from 1", retries)


def _submit_again(task: LightweightTask, plan: Plan[Job] | None, options: JobOptions) -> None:
    """Submit the same object once more."""
    job = task.__xpm__.job = newest(task.__xpm__.job)
    if plan is None or job.run_mode is RunMode.DRY_RUN:
        return
    if job.state == JobState.ERROR or not plan.holds(job):
        task.__xpm__.job = renew(job, plan, options)
    elif options.transient is not None and job.scheduler is not None:
        job.scheduler.submitted_again(job, options.transient)


def watch_output(task: LightweightTask, method: Any, callback: Callable[[Any], Any]) -> None:
    """Register a callback for the outputs of a task; see `Task.watch_output`."""
    owner = getattr(method, "__self__", None)
    if not isinstance(owner, Config) or not hasattr(owner, "__xpm__"):
        raise TypeError(
            f"{task.__xpm__.xpmtype.full_name}.watch_output: expected a method of a configuration "
            f"(`task.watch_output(task.model.checkpoint, callback)`), got {method!r}"
        )

    def register(plan: Plan[Job], job: Job) -> None:
        plan.watch_output(job, method, callback)

    _register(task, register)


def on_completed(task: LightweightTask, callback: Callable[[], Any]) -> None:
    """Register a callback for the end of a task; see `Task.on_completed`."""

    def register(plan: Plan[Job], job: Job) -> None:
        plan.on_completed(job, callback)

    job: Job | None = task.__xpm__.job
    if job is not None and job.state == JobState.DONE and open_plans.current() is None:
        callback()
        return
    _register(task, register)


def _register(task: LightweightTask, register: Callable[[Plan[Job], Job], None]) -> None:
    """Register a callback now, or once the task is submitted."""
    job: Job | None = task.__xpm__.job
    plan = open_plans.current()
    if job is not None and job.scheduler is not None:
        if plan is None:
            raise SubmissionError(
                f"{task.__xpm__.xpmtype.full_name}: callbacks are registered while an experiment "
                "is open"
            )
        register(plan, job)
    # Kept in any case: the task may be submitted again.
    task.__dict__.setdefault("_callbacks", []).append(register)


def _current_folder() -> Workspace:
    """Return the workspace of a dry run outside any experiment."""
    # A job's process needs no settings, and does not pay for their records.
    from xpm_scheduler.settings import find_workspace, get_settings

    return Workspace(get_settings(), find_workspace(workdir=Path.cwd()))


def _seal(
    task: LightweightTask, workspace: Workspace, init_tasks: Sequence[LightweightTask]
) -> tuple[str, ...]:
    """Freeze a task; return the partial folders that it uses."""
    xpm = task.__xpm__
    if init_tasks:
        xpm.init_tasks = list(init_tasks)
    xpm.validate()
    context = JobContext(task, workspace)
    xpm.seal(context)
    mark_output(task, task)
    return tuple(context.partials)


def _call_hooks(task: LightweightTask, job: Job) -> None:
    """Let the launcher, and the hooks of the classes of what the task holds, change its job."""
    launcher = job.given_launcher
    if launcher is not None:
        launcher.onSubmit(job)
    for hook in submit_hooks(task, *task.__xpm__.init_tasks):
        hook.process(job, job.launcher)


def _marker(task: LightweightTask) -> Any:
    def dep(config: Any) -> Any:
        mark_output(config, task)
        return config

    return dep


def _name_action(action: Config) -> str:
    """Return the identifier of an action: outside any experiment nothing is recorded."""
    return str(action.__xpm__.identifier)


def _print_dry(job: Job) -> None:
    tags = ", ".join(f"{key}={value}" for key, value in sorted(job.tags.items()))
    done = " [done]" if job.folder.is_done() else ""
    print(f"{job.locator} ({tags}){done}", file=sys.stderr)
