"""What a job reports about itself while it runs: its events and its status."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Any, ClassVar

from xpm_os.files import write_json
from xpm_os.jsonl import LineLog
from xpm_scheduler._events import kinds
from xpm_scheduler._workspace.json_files import iso_time
from xpm_scheduler._workspace.layout import JobFolder

#: Progress of one level is written at most this often (seconds): a task that reports
#: every microsecond must not be slowed by it.
_PROGRESS_INTERVAL = 0.2

#: In a long job less often, so that the log of a job of days stays small: after a day, every
#: nine seconds, with 10 MiB in all.
_PROGRESS_SHARE = 1e-4

#: The status is replaced at most this often (seconds), and takes at most this share of the
#: time: whoever wants to know the progress reads it, and of the events only what came after.
_STATUS_INTERVAL, _STATUS_SHARE = 2.0, 0.005


def say(text: str) -> None:
    """Write to the job's log; where that is not possible, the job goes on all the same."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr)


class JobReporter:
    """Writes the events and the status of the job of this process.

    Args:
        folder: the job's folder.
        status: what the status file says for as long as the job lives.
    """

    #: The reporter of the job that this process runs, if it runs one.
    current: ClassVar[JobReporter | None] = None

    def __init__(self, folder: JobFolder, status: dict[str, Any]) -> None:
        self._folder = folder
        self._status = status
        self._levels: list[dict[str, Any]] = []
        self._last_written: list[float] = []
        self._begun = time.monotonic()
        self._next_status = self._begun + _STATUS_INTERVAL
        self._reported = False
        self._log = LineLog(folder.events)
        with self._recording():
            os.makedirs(os.path.dirname(folder.events), exist_ok=True)

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        """Go on when nothing can be written, as the disk is full: the task is what matters."""
        try:
            yield
        except OSError as error:
            if not self._reported:
                say(f"what happens cannot be recorded: {error}")
            self._reported = True

    def state(self, state: str, *, reason: str | None = None, code: int | None = None) -> None:
        """Record that the job changed its state."""
        now = time.time()
        status = self._status
        status["state"] = state
        status["failure_reason"] = reason.upper() if reason else None
        status["exit_code"] = code
        status["progress"] = self._levels
        if state == "running":
            status["started_time"] = iso_time(now)
        else:
            status["ended_time"] = iso_time(now)
            status["process"] = None
        self._log.append(
            {
                kinds.TIMESTAMP: now,
                kinds.JOB_ID: status["job_id"],
                kinds.TASK_ID: status["task_id"],
                kinds.STATE: state,
                kinds.FAILURE_REASON: status["failure_reason"],
                kinds.STARTED_TIME: status["started_time"],
                kinds.ENDED_TIME: status["ended_time"],
                kinds.EXIT_CODE: code,
                kinds.RETRY_COUNT: status["retry_count"],
                kinds.KIND: kinds.JOB_STATE,
            }
        )
        with self._recording():
            self._log.flush()
        with self._recording():
            self._write_status()

    def progress(self, value: float, level: int, desc: str | None) -> None:
        """Record progress, unless that level was recorded just now."""
        while len(self._levels) <= level:
            self._levels.append({"level": len(self._levels), "progress": 0.0, "desc": None})
        # Kept for levels that have ended too: short steps may follow each other fast.
        while len(self._last_written) <= level:
            self._last_written.append(0.0)
        entry = self._levels[level]
        entry["progress"] = value
        if desc is not None:
            entry["desc"] = desc
        # Deeper levels belong to the step before.
        del self._levels[level + 1 :]
        now = time.monotonic()
        patience = max(_PROGRESS_INTERVAL, _PROGRESS_SHARE * (now - self._begun))
        if (value < 1.0 or level) and now - self._last_written[level] < patience:
            return
        self._last_written[level] = now
        self._log.append(
            {
                kinds.TIMESTAMP: time.time(),
                kinds.JOB_ID: self._status["job_id"],
                kinds.TASK_ID: self._status["task_id"],
                kinds.LEVEL: level,
                kinds.PROGRESS: value,
                kinds.DESC: entry["desc"],
                kinds.KIND: kinds.JOB_PROGRESS,
            }
        )
        with self._recording():
            self._log.flush()
            if now >= self._next_status:
                self._write_status()
                took = time.monotonic() - now
                self._next_status = now + max(_STATUS_INTERVAL, took / _STATUS_SHARE)

    def _write_status(self) -> None:
        """Replace the status, which has the place in the events up to which it counts."""
        self._status["progress"] = self._levels
        self._status["events_offset"] = os.stat(self._folder.events).st_size
        write_json(self._folder.status, self._status)
