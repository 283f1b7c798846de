"""Tasks: configurations that can be run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from xpm_config import Config
from xpm_scheduler._graph.nodes import TransientMode
from xpm_scheduler._workspace.workspace import RunMode, Workspace
from xpm_scheduler.exceptions import SubmissionError
from xpm_scheduler.taskglobals import Env
from xpm_serialize import LightweightTask

from .job import JobOptions
from .submission import on_completed, submit_task, watch_output

if TYPE_CHECKING:
    from xpm_launchers import Launcher

    from .job import Job

C = TypeVar("C", bound=Config)

#: What `task_outputs` and `__submit__` are given to mark what a task produces.
DependentMarker = Callable[[C], C]


class Task(LightweightTask):
    """A configuration that can be run: `execute()` does the work, in the task's own folder.

    Inside `execute()`, `self.__taskdir__` is that folder (and the current one), and
    `self.__tags__` are the tags of the task.

    >>> from xpm_config import Param
    >>> from xpm_scheduler import Task, experiment
    >>> class Sum(Task):
    ...     terms: Param[list[int]]
    ...     def execute(self):
    ...         print(sum(self.terms))
    >>> Sum.C(terms=[1, 2]).instance().execute()
    3
    >>> with experiment("workdir", "sums", run_mode="dry-run"):
    ...     total = Sum.C(terms=[1, 2]).submit()
    >>> total.jobpath.parts[-3:-1]
    ('jobs', '__main__.sum')
    """

    #: A task may be a value of another configuration only once it was submitted.
    __xpm_task__: ClassVar[bool] = True

    #: Whether its folder is kept when it is run again.
    __xpm_resumable__: ClassVar[bool] = False

    if TYPE_CHECKING:
        # Set in the job's process; not annotations of the class, which declare parameters.
        @property
        def __taskdir__(self) -> Path: ...
        @property
        def __maintaskdir__(self) -> Path: ...
        @property
        def __tags__(self) -> dict[str, Any]: ...

    def submit(
        self,
        *,
        workspace: Workspace | None = None,
        launcher: Launcher | None = None,
        run_mode: RunMode | None = None,
        init_tasks: Sequence[LightweightTask] = (),
        max_retries: int | None = None,
        transient: TransientMode | None = None,
        backup: bool | None = None,
    ) -> Any:
        """Hand the task to the scheduler, and return at once.

        The task is sealed: it cannot be changed any more.

        Args:
            workspace: where its folder lies; by default, in the workspace of the experiment.
            launcher: what runs it; by default, the workspace's.
            run_mode: what to do; by default, as the experiment does.
            init_tasks: what to execute before it, in order, in its process; they count in
                the identifier.
            max_retries: how often a resumable task is executed in all, at most; by default, as
                the workspace's settings say (3).
            transient: whether to run it only if something that is run requires it; by default,
                it is run.
            backup: `False`: do not archive it in the workspace's auxiliary folders.

        Returns:
            The output of the task, to be used in other tasks: the task itself, or what its
            `task_outputs` returns. The same one when it is submitted again.

        Raises:
            SubmissionError: there is no experiment to run it in, or it has ended; it requires
                what was submitted as a dry run; what was added is not a dependency.
            ValueError: an argument is missing (or what its `__validate__` raises).
        """
        return submit_task(
            self,
            self.__submit__,
            workspace=workspace,
            launcher=launcher,
            run_mode=run_mode,
            init_tasks=init_tasks,
            options=JobOptions(max_retries, transient, backup),
        )

    def task_outputs(self, dep: DependentMarker[Any]) -> Any:
        """Return what the task produces; override it to return something else than the task.

        Called once, when the task is submitted: nothing of it is there yet.

        Args:
            dep: marks a configuration as produced by this task, and returns it.

        Returns:
            Whatever `submit()` is to return.
        """
        return dep(self)

    def __submit__(self, dep: DependentMarker[Any], add_action: Callable[..., Any]) -> Any:
        """Return what `submit` returns; the newer form of `task_outputs`.

        Args:
            dep: as for `task_outputs`.
            add_action: registers the configuration of an action with the experiment.

        Returns:
            Whatever `submit()` is to return.
        """
        del add_action
        return self.task_outputs(dep)

    def watch_output(self, method: Callable[..., Any], callback: Callable[[Any], Any]) -> None:
        """Be called back for each output that the task makes while it runs.

        Outputs made before, by earlier executions too, come first. The configuration of an
        output is marked as produced by the task, but what uses it does not wait for its end.

        Args:
            method: a method of the task, or of a configuration that it holds; the task calls
                `self.register_task_output(method, *args)`, and here the same method of the
                configuration is called with a marker `dep`, then `*args`.
            callback: called with what the method returns, in a thread for callbacks; may
                submit tasks. The experiment waits for it.

        Raises:
            TypeError: it is not a method of a configuration.
            SubmissionError: it was submitted, and no experiment is open any more.
        """
        watch_output(self, method, callback)

    def on_completed(self, callback: Callable[[], Any]) -> None:
        """Be called back when the task has succeeded; at once if it has already.

        Args:
            callback: called without arguments, in a thread for callbacks; may submit tasks. The
                experiment waits for it.

        Raises:
            SubmissionError: it was submitted, and no experiment is open any more.
        """
        on_completed(self, callback)

    @property
    def job(self) -> Job:
        """The job of a submitted task.

        Raises:
            SubmissionError: it was not submitted.
        """
        job: Job | None = self.__xpm__.job
        if job is None:
            raise SubmissionError(f"{type(self).__qualname__} was not submitted: it has no job")
        return job

    @property
    def jobpath(self) -> Path:
        """The folder of a submitted task."""
        return self.job.path

    @property
    def __xpm_stdout__(self) -> Path:
        return self.job.stdout

    @property
    def __xpm_stderr__(self) -> Path:
        return self.job.stderr

    def stdout(self) -> Path:
        """Return where the standard output of a submitted task goes."""
        return self.job.stdout

    def stderr(self) -> Path:
        """Return where the standard error of a submitted task goes."""
        return self.job.stderr

    def wait(self) -> bool:
        """Wait for the end of a submitted task.

        Returns:
            Whether it has succeeded.
        """
        return self.job.wait()


class ResumableTask(Task):
    """A task that can go on from what it has left in its folder.

    It is executed again, up to `max_retries` times in all, when a time limit, or the loss of
    its node, has ended it; its folder is kept, and the logs of each execution are put aside
    (`<name>.20231215143022.out`).
    """

    __xpm_resumable__: ClassVar[bool] = True

    def remaining_time(self) -> float | None:
        """Return how long the running job may still take.

        Save what is needed to go on, and raise `GracefulTimeout`, before it is over.

        Returns:
            Seconds until the time limit, not below 0; `None` without one.
        """
        return Env.instance().remaining_time()
