"""Experiments: the context in which a plan submits its tasks."""

from __future__ import annotations

import math
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ._attempts import hostname
from ._callbacks import Watch
from ._files import FileLock
from ._folder import remove
from ._git import DirtyGitAction, git_states, plan_folders
from ._job import Job
from ._node import Node
from ._prepare import PrepareResource
from ._run import RunRecords, prune_history
from ._scheduler import Scheduler
from ._states import JobState
from ._summary import Counts, LiveLine, summary, terminal
from ._workspace import RunMode, Workspace, open_plans
from .exceptions import (
    DirtyGitError,
    FailedExperiment,
    GracefulExperimentExit,
    NestedExperimentError,
)
from .settings import Settings, WorkspaceSettings
from .taskglobals import Env

if TYPE_CHECKING:
    from xpm_launchers import Launcher

    from ._task import Task

_NAME = re.compile(r"[\w.@+=,-][\w.@+=, -]*")


class experiment:
    """Run the tasks that are submitted in a ``with`` block, and wait for them at its end.

    Args:
        env: the folder of the workspace, or its settings.
        name: the name of the experiment; a folder of that name keeps its runs.
        host: where the web monitor listens.
        port: the web monitor's port; nothing is started when no monitor is installed.
        token: the web monitor's token.
        run_mode: what to do with the tasks; by default, run them.
        launcher: what runs them; by default, this machine.
        register_signals: whether SIGTERM ends the driver as Ctrl+C does (in the main thread).
        project_paths: folders of the plan's code, whose git state is recorded; by default, the
            folder of the program.
        dirty_git: what to do when that code has changes that are not committed.
        on_failure: what a failure changes. ``"continue"``: what needs the failed task is not
            started, the rest is run, and the block is left quietly. ``"stop"``: nothing more is
            started; what runs already is waited for. ``"raise"``: as ``"continue"``, and leaving
            the block raises ``FailedExperiment``.
        no_db: accepted for older plans; there is no database.
        no_environmental_impact: accepted for older plans; nothing is measured.

    Raises:
        NestedExperimentError: opened by a script that a job is loading.
        WorkspaceError: the folder cannot be used.
        DirtyGitError: the code has changes, and ``dirty_git`` refuses that.
        ValueError: the name cannot be a folder's.
    """

    #: The innermost experiment that is open.
    CURRENT: ClassVar[experiment | None] = None

    def __init__(
        self,
        env: Path | str | WorkspaceSettings,
        name: str,
        *,
        host: str | None = None,
        port: int | None = None,
        token: str | None = None,
        run_mode: RunMode | str | None = None,
        launcher: Launcher | None = None,
        register_signals: bool = True,
        project_paths: Sequence[Path | str] | None = None,
        dirty_git: DirtyGitAction | str = DirtyGitAction.WARN,
        on_failure: Literal["continue", "stop", "raise"] = "continue",
        no_db: bool = False,
        no_environmental_impact: bool = False,
    ) -> None:
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise ValueError(
                f"experiment name {name!r}: expected a name that a folder can have "
                "(letters, digits, and any of . _ - + = @ ,)"
            )
        if on_failure not in ("continue", "stop", "raise"):
            raise ValueError(
                f"on_failure: expected 'continue', 'stop' or 'raise', got {on_failure!r}"
            )
        if isinstance(env, WorkspaceSettings):
            workspace_settings = env
        else:
            workspace_settings = WorkspaceSettings("", Path(env))
        self.name = name
        self.host, self.port, self.token = host, port, token
        mode = RunMode(run_mode) if run_mode is not None else RunMode.NORMAL
        self.workspace = Workspace(Settings(), workspace_settings, launcher, mode)
        self.jobs: dict[tuple[str, str], Job] = {}
        self.counts = Counts()
        self._register_signals = register_signals
        self._project_paths = [Path(path) for path in project_paths or ()]
        self._dirty_git = DirtyGitAction(dirty_git)
        self._on_failure = on_failure
        self._records: RunRecords | None = None
        self._status = "failed"
        self._live: LiveLine | None = None
        self._previous: experiment | None = None
        self._old_handler: object = None
        self._path = self.workspace.experimentspath / name
        self._lock = FileLock(self._path / "lock")
        self._started = 0.0
        self._asleep: set[Job] = set()
        #: The job whose failure has stopped the experiment, when it is to stop then.
        self.stop_cause: Job | None = None
        #: What has failed and is no job: preparations that were all that was wanted, callbacks.
        self.other_failures: list[str] = []

    @staticmethod
    def current() -> experiment:
        """The innermost experiment that is open.

        Raises:
            AssertionError: there is none.
        """
        assert experiment.CURRENT is not None, "no experiment is open"
        return experiment.CURRENT

    @property
    def run_mode(self) -> RunMode:
        """What is done with submitted tasks."""
        return self.workspace.run_mode

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler of this process."""
        return Scheduler.instance()

    @property
    def workdir(self) -> Path:
        """The folder of this run."""
        if self._records is None:
            return self._path / "dry-run"  # it is not made: a dry run writes nothing
        return self._records.path

    @property
    def resultspath(self) -> Path:
        """A folder for the results of this run, the user's own."""
        return self.workdir / "results"

    @property
    def failed(self) -> bool:
        """Whether a task has failed, or could not be started because another one failed."""
        counts = self.counts
        return counts.failed > 0 or counts.skipped > 0 or bool(self.other_failures)

    @property
    def stops(self) -> bool:
        """Whether nothing more is started once a task has failed."""
        return self._on_failure == "stop"

    def setenv(self, name: str, value: str) -> None:
        """Set an environment variable of the jobs submitted from here on."""
        self.workspace.env[name] = value

    def wait(self) -> None:
        """Wait until all that was submitted has ended."""
        if self._records is not None:
            # What was asked for may still lie in the scheduler's inbox.
            self.scheduler.call(lambda: None)
            self.scheduler.wait_until(lambda: self.counts.nothing_left(len(self.jobs)))

    # ----------------------------------------------------------------- entering and leaving

    def __enter__(self) -> experiment:
        _refuse_in_job(self.name)
        self._started = time.monotonic()
        if self.run_mode is not RunMode.DRY_RUN:
            self._open_records()
        self._previous, experiment.CURRENT = experiment.CURRENT, self
        open_plans.append(self)
        self._install_signals()
        return self

    def _open_records(self) -> None:
        projects = self._check_git()
        self.workspace.create()
        self._path.mkdir(parents=True, exist_ok=True)
        if not self._lock.acquire(blocking=False):
            print(
                f"{self.name}: waiting for another run of this experiment to end "
                f"({_read_owner(self._lock.path)})",
                file=sys.stderr,
            )
            self._lock.acquire()
        self._lock.write_owner(
            f"process {os.getpid()} on {hostname()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}\n"
        )
        try:
            self._records = RunRecords(self._path, projects)
            self.resultspath.mkdir()
        except BaseException:
            self._lock.release()
            raise
        stream = terminal()
        if stream is not None:
            self._live = LiveLine(self.name, self.counts, stream)
        self.scheduler.attach(self)

    def _check_git(self) -> list[dict[str, Any]]:
        """The state of the plan's code, unless it is to be refused."""
        projects = git_states(self._project_paths or plan_folders())
        dirty = [project["path"] for project in projects if project["dirty"]]
        if dirty and self._dirty_git is not DirtyGitAction.IGNORE:
            text = f"{self.name}: the code has uncommitted changes in {', '.join(dirty)}"
            if self._dirty_git is DirtyGitAction.ERROR:
                raise DirtyGitError(f"{text}; commit them, or set dirty_git to warn or ignore")
            print(text, file=sys.stderr)
        return projects

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        try:
            if kind is None:
                self.wait()
                self._status = "failed" if self.failed else "done"
                self._remove_transient()
        finally:
            self._leave()
        if kind is None and self.failed and self._on_failure == "raise":
            raise FailedExperiment(
                f"{self.name}: {self.counts.failed} tasks failed, and {self.counts.skipped} "
                "could not be started because of them"
            )
        return kind is not None and issubclass(kind, GracefulExperimentExit)

    def _remove_transient(self) -> None:
        """Remove the folders of tasks that only others needed, which are done."""
        if self._records is None or self.run_mode is not RunMode.NORMAL:
            return
        for job in self.scheduler.removable(self):
            try:
                remove(job.folder)
            except OSError as error:
                print(f"{self.name}: {job.path} cannot be removed: {error}", file=sys.stderr)

    def _leave(self) -> None:
        self._restore_signals()
        open_plans.remove(self)
        experiment.CURRENT = self._previous
        if self._records is None:
            return
        try:
            self.scheduler.detach(self)
            seconds = time.monotonic() - self._started
            print(summary(self.name, self.jobs.values(), self.counts, seconds), file=sys.stderr)
            for text in self.other_failures:
                print(f"  failed: {text}", file=sys.stderr)
            if self.counts.running:
                print(
                    f"{self.name}: {self.counts.running} tasks go on without this process; "
                    "run the experiment again to take them over",
                    file=sys.stderr,
                )
            prune_history(self._path, self.workspace.workspace_settings.history, self._status)
        finally:
            self._lock.release()

    def _install_signals(self) -> None:
        if self._register_signals and threading.current_thread() is threading.main_thread():
            self._old_handler = signal.signal(signal.SIGTERM, _leave_on_signal)

    def _restore_signals(self) -> None:
        if self._old_handler is not None:
            signal.signal(signal.SIGTERM, self._old_handler)  # type: ignore[arg-type]
            self._old_handler = None

    # ------------------------------------------------------- called when tasks are submitted

    def take(self, job: Job) -> Job:
        """Accept a job, in the plan's thread.

        Returns:
            The job, or the one of the same identifier that is known already.
        """
        key = (job.task_id, job.identifier)
        known = self.jobs.get(key)
        if known is not None and known.state != JobState.ERROR:
            self.scheduler.submitted_again(known, job.transient)
            return known
        shared = self.scheduler.find(job)
        if known is None and shared is not None:
            self.jobs[key] = shared
            self.scheduler.join(shared, self)
            self.scheduler.submitted_again(shared, job.transient)
            return shared
        if known is not None:
            # It failed in this run and is tried again: it must not count twice.
            self.scheduler.call(lambda: self._forget(known))
        self.jobs[key] = job
        self.scheduler.submit(job, self)
        return job

    def _forget(self, job: Job) -> None:
        self.counts.remove(job.state)

    def preparations_of(self, task: Task, origins: Iterable[Node]) -> list[PrepareResource]:
        """What is to be prepared before a task is run, in the plan's thread."""
        return self.scheduler.preparations.needed_by(task, origins)

    def watch_output(self, job: Job, method: Any, callback: Callable[[Any], Any]) -> None:
        """Call back for each output of a job, with what a method makes of it.

        Args:
            job: the job.
            method: a method of a configuration that the job's task holds.
            callback: called with what the method returns, in a thread of callbacks.
        """
        self.scheduler.watch_output(job, Watch(self, method, callback))

    def on_completed(self, job: Job, callback: Callable[[], Any]) -> None:
        """Call back when a job is done, in a thread of callbacks."""
        self.scheduler.on_completed(job, self, callback)

    # ----------------------------------------------------- called in the scheduler's thread

    def job_joined(self, job: Job) -> None:
        """A job is in the experiment now."""
        self.counts.add(job.state)
        if job.sleeps:
            self._asleep.add(job)
            self.counts.asleep += 1
        assert self._records is not None
        self._records.submitted(job)

    def job_changed(self, job: Job, old: JobState, new: JobState) -> None:
        """A job has changed its state."""
        self.counts.move(old, new)
        if new == JobState.DONE and job.found_done:
            self.counts.before += 1
        assert self._records is not None
        self._records.changed(job, new)

    def job_demanded(self, job: Job) -> None:
        """A job is to be run: it may have been asleep until something needed it."""
        if job in self._asleep:
            self._asleep.remove(job)
            self.counts.asleep -= 1

    def job_generated(self) -> None:
        """A job that is not to be run has got what it gets instead."""
        self.counts.generated += 1

    def preparing(self, resource: PrepareResource) -> None:
        """A preparation is wanted for itself, not for a job that is run."""
        if self not in resource.experiments and not resource.state.finished():
            resource.experiments.append(self)
            self.counts.preparing += 1

    def prepared(self, resource: PrepareResource) -> None:
        """A preparation that was wanted for itself has ended."""
        self.counts.preparing -= 1
        if resource.state == JobState.ERROR:
            self.other_failures.append(f"{resource.label}: {resource.message}")

    def callback_failed(self, text: str) -> None:
        """The plan's own code has failed when it was called back."""
        self.other_failures.append(text)

    def flush(self) -> None:
        """Write and show what has changed."""
        if self._records is not None:
            self._records.flush()
        if self._live is not None:
            self._live.refresh()

    def next_flush(self) -> float:
        """Seconds until :meth:`flush` wants to be called though nothing has happened."""
        if self._live is not None and self.counts.finished < self.counts.jobs:
            return 1.0
        return self._records.next_flush() if self._records is not None else math.inf

    def close_records(self) -> None:
        """Write the end of the run."""
        if self._live is not None:
            self._live.close()
            self._live = None
        assert self._records is not None
        self._records.close(self._status)


def _leave_on_signal(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _read_owner(path: str | Path) -> str:
    try:
        return Path(path).read_text(errors="replace").strip() or "its process is unknown"
    except OSError:
        return "its process is unknown"


def _refuse_in_job(name: str) -> None:
    """Refuse an experiment that a job's process opens while it loads the task's script."""
    if not Env.loading:
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else "the script"
    raise NestedExperimentError(
        f"{where}: the experiment {name!r} was opened while a job loads this file to find its "
        'task. Put what runs the plan under `if __name__ == "__main__":`'
    )
