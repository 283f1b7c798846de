"""What users derive from to follow the jobs of this process."""

from __future__ import annotations

from typing import Any

from xpm_scheduler._tasks.job import Job


class Listener:
    """Follows what happens to jobs; called in the scheduler's thread: return at once.

    Subclass it, override what matters, and hand it to `Scheduler.addlistener`. Of each pair of
    methods one is enough: the `on_` ones call the others.
    """

    def on_job_submitted(self, job: Job) -> None:
        """React to the submission of a job."""
        self.job_submitted(job)

    def on_job_state_changed(self, job: Job) -> None:
        """React to a change of a job's state."""
        self.job_state(job)

    def on_service_added(self, service: Any) -> None:
        """React to a service that was added to an experiment."""
        self.service_add(service)

    def job_submitted(self, job: Job) -> None:
        """React to the submission of a job."""

    def job_state(self, job: Job) -> None:
        """React to a change of a job's state."""

    def service_add(self, service: Any) -> None:
        """React to a service that was added to an experiment."""
