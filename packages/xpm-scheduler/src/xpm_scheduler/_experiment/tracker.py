"""What an experiment follows of its jobs, in the scheduler's thread."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from xpm_scheduler._actions.checker import RegisteredAction
from xpm_scheduler._display.counts import Counts
from xpm_scheduler._display.progress_line import LiveLine
from xpm_scheduler._graph.nodes import Node
from xpm_scheduler._graph.states import JobState
from xpm_scheduler._recording.run_writer import RunRecords
from xpm_scheduler._tasks.interfaces import Engine, Plan
from xpm_scheduler._tasks.job import Job


class Tracker:
    """Counts the jobs of an experiment, and writes and shows what becomes of them.

    It is the `JobObserver` of the experiment.

    Args:
        plan: the experiment.
        stops: whether nothing more is started once a job has failed.

    Attributes:
        plan: the experiment.
        jobs: its jobs by task and identifier; added to in the plan's thread.
        stops: whether nothing more is started once a job has failed.
        stop_cause: the job whose failure has stopped the experiment.
        counts: how many jobs are in which state.
        other_failures: failures of preparations that were wanted for themselves, and of callbacks.
        status: how the run ends: `done` or `failed`.
        records: what is written about the run; `None` when nothing is.
    """

    def __init__(self, plan: Plan[Job], *, stops: bool) -> None:
        self.plan = plan
        self.jobs: dict[tuple[str, str], Job] = {}
        self.stops = stops
        self.stop_cause: Job | None = None
        self.counts = Counts()
        self.other_failures: list[str] = []
        self.status = "failed"
        self.records: RunRecords | None = None
        self._engine: Engine[Job] | None = None
        self._live: LiveLine | None = None
        #: Jobs that are run only if something requires them, which nothing does so far.
        self._deferred: set[Job] = set()

    def begin(self, engine: Engine[Job], records: RunRecords, live: LiveLine | None) -> None:
        """Follow the jobs that the engine runs for the experiment from here on."""
        self.records = records
        self._live = live
        self._engine = engine
        engine.attach(self)

    @property
    def failed(self) -> bool:
        """Whether a task has failed, or could not be started because another one failed."""
        counts = self.counts
        return counts.failed > 0 or counts.skipped > 0 or bool(self.other_failures)

    def all_ended(self) -> bool:
        """Return whether all that was submitted has ended, and all callbacks have returned."""
        return self.counts.nothing_left(len(self.jobs))

    # ------------------------------------------------------------------------ what is recorded

    def record_action(self, action: RegisteredAction) -> None:
        """Record an action; from whatever thread."""
        self._post(self._action_added, action)

    def record_service(self, described: dict[str, Any], *, added: bool) -> None:
        """Record a service; from whatever thread.

        Args:
            described: what its `full_state_dict()` gave.
            added: whether it was added just now.
        """
        self._post(self._service_changed, described, added)

    def announce_service(self, service: Any) -> None:
        """Report to listeners that a service was added; from whatever thread."""
        if self._engine is not None:
            self._engine.post(self._engine.service_added, service)

    def _post(self, function: Callable[..., None], *arguments: object) -> None:
        if self._engine is not None:
            self._engine.post(function, *arguments)

    def _action_added(self, action: RegisteredAction) -> None:
        self._known_records().add_action(action)

    def _service_changed(self, described: dict[str, Any], added: bool) -> None:
        self._known_records().set_service(described, added=added)

    def _known_records(self) -> RunRecords:
        assert self.records is not None
        return self.records

    # --------------------------------------------------------------------- called by the engine

    def job_joined(self, job: Job) -> None:
        """Count and record a job that belongs to the experiment from here on."""
        self.counts.add(job.state)
        if job.deferred:
            self._deferred.add(job)
            self.counts.deferred += 1
        self._known_records().submitted(job)

    def job_required(self, job: Job) -> None:
        """Count a job that is to be run: it may have been deferred until something required it."""
        if job in self._deferred:
            self._deferred.remove(job)
            self.counts.deferred -= 1

    def job_changed(self, job: Job, old: JobState, new: JobState) -> None:
        """Count and record a change of a job's state."""
        self.counts.move(old, new)
        if new == JobState.DONE and job.found_done:
            self.counts.before += 1
        self._known_records().changed(job, new)

    def job_generated(self) -> None:
        """Count a job that is not to be run, and whose folder was written."""
        self.counts.generated += 1

    def job_left_out(self) -> None:
        """Count a job that is not to be run: only what is to be prepared for it was wanted."""
        self.counts.left_out += 1

    def job_forgotten(self, job: Job) -> None:
        """Count a job no more that has failed and is tried again."""
        self.counts.remove(job.state)

    def preparation_began(self) -> None:
        """Count a preparation that is wanted for itself, and not for a job that is run."""
        self.counts.preparing += 1

    def preparation_ended(self, preparation: Node) -> None:
        """Count the end of such a preparation."""
        self.counts.preparing -= 1
        if preparation.state == JobState.ERROR:
            self.other_failures.append(f"{preparation.label}: {preparation.message}")

    def callback_began(self) -> None:
        """Count a callback that is to be called."""
        self.counts.callbacks += 1

    def callback_ended(self) -> None:
        """Count a callback that has returned."""
        self.counts.callbacks -= 1

    def callback_failed(self, text: str) -> None:
        """Note that the plan's own code has failed in a callback."""
        self.other_failures.append(text)

    def flush(self) -> None:
        """Write and show what has changed."""
        self._known_records().flush()
        if self._live is not None:
            self._live.refresh()

    def next_flush(self) -> float:
        """Return the seconds until `flush` is to be called though nothing has happened."""
        records = self.records.next_flush() if self.records is not None else math.inf
        if self._live is not None and self.counts.finished < self.counts.jobs:
            return min(self._live.due_in(), records)
        return records

    def close(self) -> None:
        """Write the end of the run."""
        if self._live is not None:
            self._live.close()
            self._live = None
        self._known_records().close(self.status)
